"""helm-jd: keeps a merchant's Helm and JD.com equal, over Kafka."""
