# One image for both programs: `helm-jd` (the default) and `jd-simulator`.
# Its steps are targets of the Makefile, so they can be tried without Docker: make image-deps image-install IMAGE_HOME=…

FROM python:3.13-slim AS builder
RUN apt-get update \
 && apt-get install --yes --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Makefile requirements-build.lock requirements-runtime.lock ./
RUN make image-deps
COPY pyproject.toml README.md LICENSE ./
COPY adapter/ adapter/
COPY contracts/ contracts/
COPY jd_simulator/ jd_simulator/
RUN make image-install

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin helm-jd
COPY --from=builder /opt/helm-jd /opt/helm-jd
ENV PATH=/opt/helm-jd/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /
# 8080: health, metrics and console of helm-jd; 8790: jd-simulator.
EXPOSE 8080 8790
CMD ["helm-jd", "run"]
