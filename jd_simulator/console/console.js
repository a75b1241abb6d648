// The console of the simulator. What is shown comes from the control room under /_simulator and is
// only ever written as text: no title, remark or answer of JD's can become markup.

const ROOM = "/_simulator";
const MOST_CALLS = 200; // kept on the page
const MOST_ORDERS = 100;
const MOST_SKUS = 60;
const DONE = "0"; // JD's code of success

const $ = (id) => document.getElementById(id);
const state = {
  sandbox: new URLSearchParams(location.search).get("sandbox") ?? "demo",
  names: { states: new Map(), codes: new Map(), methods: [], actions: [], kinds: new Map() },
  calls: new Map(), // by number
  rules: [],
  clock: { base: Date.now(), read: performance.now(), speed: 1 },
  events: null,
  reading: null, // the timer of the next reading
};

// ---------------------------------------------------------------- elements

/** Make an element; children are elements or texts, and what is null is left out. */
function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

const zh = (text) => (text ? h("span", { lang: "zh-CN" }, text) : null);
const both = (en, chinese) => [en, " ", zh(chinese)];
const chip = (kind, ...content) => h("span", { class: `chip ${kind}` }, ...content);
const pair = (name, ...value) => [h("dt", {}, name), h("dd", {}, ...value)];

/** Show a list by key: what is unchanged stays as it is, with its focus and whether it is open. */
function showList(list, items, key, build) {
  const before = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const isFirst = list.dataset.shown === undefined;
  list.dataset.shown = "";
  const rows = items.map((item) => {
    const name = String(key(item));
    const text = JSON.stringify(item);
    const old = before.get(name);
    if (old?.dataset.text === text) return old;
    const row = build(item);
    row.dataset.key = name;
    row.dataset.text = text;
    if (!isFirst) row.classList.add("fresh");
    return old ? taken(old, row) : row;
  });
  const wanted = new Set(rows);
  for (const row of [...list.children]) if (!wanted.has(row)) row.remove();
  rows.forEach((row, at) => {
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
  });
}

/** Put a row in the place of another without the reader noticing more than what changed. */
function taken(old, row) {
  const [was, is] = [old.querySelector("details"), row.querySelector("details")];
  if (was?.open && is) {
    is.open = true;
    is.fill(); // at once: the focus may go into it
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (focused?.tagName === "INPUT") return old; // nobody is interrupted while typing
  old.replaceWith(row);
  if (focused) {
    const same = [...row.querySelectorAll("button")].find((b) => b.textContent === focused.textContent);
    (same ?? row.querySelector("summary") ?? row).focus();
  }
  return row;
}

/** A row that opens; its content is only made when it is opened. */
function opening(summary, body) {
  const details = h("details", {}, h("summary", {}, summary));
  details.fill = () => {
    if (details.open && details.children.length === 1) details.append(h("div", { class: "body" }, body()));
  };
  details.addEventListener("toggle", details.fill);
  return h("li", {}, details);
}

// ---------------------------------------------------------------- time

const beijing = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium",
});
const when = (instant) => (instant ? beijing.format(new Date(instant)) : "—");
const clockTime = (instant) => when(instant).slice(11);

function takeClock(clock) {
  state.clock = { base: Date.parse(clock.now), read: performance.now(), speed: clock.speed };
  const isFrozen = clock.speed === 0;
  $("freeze").setAttribute("aria-pressed", String(isFrozen));
  $("freeze").replaceChildren(...(isFrozen ? both("Frozen", "已冻结") : both("Freeze", "冻结")));
  if (!isFrozen) {
    const known = [...$("speed").options].some((option) => Number(option.value) === clock.speed);
    if (!known) $("speed").append(new Option(`× ${clock.speed}`, clock.speed));
    $("speed").value = String(clock.speed);
  }
  tick();
}

function tick() {
  const { base, read, speed } = state.clock;
  const now = new Date(base + (performance.now() - read) * speed);
  $("now").textContent = beijing.format(now);
  $("now").dateTime = now.toISOString();
}

// ---------------------------------------------------------------- calls of the control room

let clearing;
function say(text, isTrouble = false) {
  clearTimeout(clearing);
  $("notice").textContent = isTrouble ? "" : text;
  $("trouble").textContent = isTrouble ? text : "";
  clearing = setTimeout(() => say(""), isTrouble ? 12000 : 5000);
}

async function ask(verb, path, body) {
  const url = path.startsWith("/") ? path : `${ROOM}/sandboxes/${encodeURIComponent(state.sandbox)}/${path}`;
  const options = { method: verb, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(url, options);
  const answer = response.status === 204 ? null : await response.json();
  if (response.ok) return answer;
  const code = answer.code ? state.names.codes.get(answer.code)?.zh ?? answer.code : "";
  throw new Error([answer.field, answer.detail, code].filter(Boolean).join(" · "));
}

/** Do what a button says, tell what came of it, and read anew. */
async function act(done, verb, path, body) {
  try {
    const answer = await ask(verb, path, body);
    say(typeof done === "function" ? done(answer) : done);
    readSoon(0);
    return answer;
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

const whole = (text) => (text === "" ? undefined : Number(text));

// ---------------------------------------------------------------- journal

function methodName(call) {
  return (call.method || "(no method)").replace(/^jingdong\./, "");
}

function verdict(call) {
  if (call.code === DONE) return chip("good", ...both("OK", "成功"));
  if (call.code !== null) {
    const known = state.names.codes.get(call.code);
    return chip("bad", call.code, " ", ...(known ? both(known.en, known.zh) : ["refused"]));
  }
  if (call.status !== null) return chip(call.status < 400 ? "warn" : "bad", `HTTP ${call.status}`);
  if (call.took_ms === null) return chip("info", ...both("waiting", "等待"));
  return chip("bad", ...both("no answer", "无应答"));
}

const wentWrong = (call) => call.code !== DONE || call.fault !== null || call.traceback !== null;

function callRow(call) {
  return opening(
    [
      h("span", { class: "mono quiet" }, clockTime(call.at)),
      h("span", { class: "grow mono", title: call.method }, methodName(call)),
      call.fault ? chip("warn", ...both(`fault: ${call.fault.kind}`, "故障")) : null,
      verdict(call),
      h("span", { class: "end quiet mono" }, call.took_ms === null ? `#${call.number}` : `${call.took_ms.toFixed(0)} ms · #${call.number}`),
    ],
    () => callBody(call),
  );
}

function callBody(call) {
  const known = state.names.codes.get(call.code);
  const block = (title, content) => h("div", {}, h("h3", {}, ...title), content);
  const json = (value) => h("pre", { tabindex: "0" }, value);
  const steps = call.checks_passed.map((name) => h("li", {}, chip("good", `${name} ✓`)));
  if (call.check_failed) steps.push(h("li", {}, chip("bad", `${call.check_failed} ✗`)));
  const parameters = Object.entries(call.parameters).flatMap(([name, value]) => pair(h("code", {}, name), h("code", {}, value)));
  return [
    known ? h("p", {}, known.meaning, " ", h("span", { class: "quiet" }, known.remedy)) : null,
    call.near_miss ? block(both("The signature", "签名"), h("div", {}, h("p", {}, call.near_miss.explanation), json(call.near_miss.expected))) : null,
    steps.length ? block(both("Checks", "校验"), h("ol", { class: "steps" }, ...steps)) : null,
    block(both(`Request · ${call.verb}`, "请求"), h("dl", { class: "facts" }, ...parameters)),
    call.answer !== null ? block(both("Answer", "响应"), json(pretty(call.answer))) : null,
    call.fault ? block(both("Fault", "故障"), json(JSON.stringify(call.fault))) : null,
    call.notes.length ? block(["Notes"], h("ul", { class: "history" }, ...call.notes.map((note) => h("li", {}, note)))) : null,
    call.traceback ? block(["Traceback"], json(call.traceback)) : null,
  ].filter(Boolean);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function showCalls() {
  if ($("hold").checked) return;
  const chosen = [...state.calls.values()].filter((call) => !$("only-trouble").checked || wentWrong(call));
  showList($("call-list"), chosen.reverse(), (call) => call.number, callRow);
  $("no-calls").hidden = chosen.length > 0;
  $("journal-count").textContent = state.calls.size ? `last ${state.calls.size}` : "";
}

// ---------------------------------------------------------------- orders

const KINDS_OF_STATE = {
  NOT_PAY: "", WAIT_SELLER_STOCK_OUT: "info", WAIT_SELLER_DELIVERY: "info", LOCKED: "warn",
  POP_ORDER_PAUSE: "warn", PAUSE: "warn", UN_KNOWN: "warn", WAIT_SEND_CODE: "info",
  WAIT_GOODS_RECEIVE_CONFIRM: "good", FINISHED_L: "good", TRADE_CANCELED: "bad", DELIVERY_RETURN: "bad",
};

function stateChip(name) {
  const known = state.names.states.get(name);
  return chip(KINDS_OF_STATE[name] ?? "", ...(known ? both(known.en, known.zh) : [name]));
}

function orderRow(order) {
  const units = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  const goods = order.lines.map((line) => `${line.quantity} × ${line.outer_id || line.title}`).join(", ");
  return opening(
    [
      h("span", { class: "mono" }, order.order_id),
      order.children.length ? chip("", ...both("Split", "已拆单")) : stateChip(order.state),
      h("span", { class: "grow", title: goods }, goods),
      h("span", { class: "end quiet" }, `${units} u · `, zh(order.receiver.city), ` · ${when(order.created).slice(5, 16)}`),
    ],
    () => orderBody(order),
  );
}

function orderBody(order) {
  const { receiver } = order;
  const place = [receiver.province, receiver.city, receiver.county, receiver.town, receiver.address].join(" ");
  const tags = [
    order.cross_border ? chip("info", ...both("cross-border", "跨境")) : null,
    order.cod ? chip("info", ...both("cash on delivery", "货到付款")) : null,
    order.voucher ? chip("info", ...both("voucher", "卡券")) : null,
    order.shipped_by_jd ? chip("info", ...both("shipped by JD", order.store_order || "京东发货")) : null,
  ].filter(Boolean);
  return [
    h("div", { class: "actions" }, ...actionButtons(order)),
    h("dl", { class: "facts" },
      ...pair(both("State", "状态"), h("code", {}, order.state)),
      ...pair(both("Goods", "商品"), ...order.lines.map((line) => h("div", {}, `${line.quantity} × ¥${line.price} `, zh(line.title), " ", h("code", {}, line.sku_id)))),
      ...pair(both("Receiver", "收货人"), zh(receiver.name), " ", receiver.phone, h("br"), zh(place)),
      ...pair(both("Buyer", "买家"), order.buyer),
      ...(order.remark ? pair(both("Remark", "备注"), zh(order.remark)) : []),
      ...(order.waybills ? pair(both("Waybill", "运单"), h("code", {}, order.waybills)) : []),
      ...(order.children.length ? pair(both("Split into", "子订单"), order.children.join(", ")) : []),
      ...(order.parent_id ? pair(both("Split off from", "父订单"), order.parent_id) : []),
      ...(tags.length ? pair("Kind", ...tags) : []),
    ),
    h("div", {}, h("h3", {}, ...both("History", "经过")),
      h("ol", { class: "history" }, ...order.changes.map((change) =>
        h("li", {}, h("span", { class: "mono quiet" }, when(change.modified)), ` ${change.cause} → `, stateChip(change.state))))),
  ];
}

function actionButtons(order) {
  if (order.children.length) return [];
  const open = (action) => action.states.includes(order.state) && (order.shipped_by_jd || !action.for_jd);
  return state.names.actions.filter(open).flatMap((action) => {
    if (action.action !== "refund") return [actionButton(order, action, action.en, action.zh, {})];
    const asked = state.refunds?.has(order.order_id);
    const choices = asked
      ? [["approve", "Approve refund", "同意退款"], ["reject", "Reject refund", "拒绝退款"], ["withdraw", "Withdraw refund", "撤销退款"]]
      : order.state === "LOCKED" ? [] : [["apply", "Ask for refund", "申请退款"]];
    return choices.map(([decision, en, chinese]) => actionButton(order, action, en, chinese, { decision }));
  });
}

function actionButton(order, action, en, chinese, body) {
  const path = `orders/${order.order_id}/${action.action}`;
  const onclick = () => act(`${en}: order ${order.order_id}`, "POST", path, body);
  return h("button", { type: "button", class: action.action === "cancel" ? "danger" : "", onclick }, ...both(en, chinese));
}

function showOrders(orders) {
  showList($("order-list"), orders.reverse(), (order) => order.order_id, orderRow);
  $("no-orders").hidden = orders.length > 0;
  $("orders-count").textContent = orders.length >= MOST_ORDERS ? `newest ${MOST_ORDERS}` : `${orders.length}`;
}

// ---------------------------------------------------------------- SKUs

const STATUS = { on_sale: ["good", "on sale", "在售"], off_sale: ["warn", "off sale", "下架"], deleted: ["bad", "deleted", "已删除"] };

function skuRow(sku) {
  const [kind, en, chinese] = STATUS[sku.status];
  return opening(
    [
      h("span", { class: "mono" }, sku.outer_id || sku.sku_id),
      sku.status === "on_sale" ? null : chip(kind, ...both(en, chinese)),
      h("span", { class: "grow quiet", title: sku.title }, zh(sku.title)),
      sku.sellable < 0 ? chip("bad", ...both("oversold", "超卖")) : null,
      h("span", { class: "end", title: "sellable of stock" }, `${sku.sellable} / ${sku.stock_num}`),
    ],
    () => skuBody(sku),
  );
}

function skuBody(sku) {
  const name = sku.outer_id || sku.sku_id;
  const path = `skus/${sku.sku_id}`;
  const input = h("input", { type: "number", min: "0", max: "99999999", value: String(sku.stock_num), "aria-label": `Stock of ${name}` });
  const onsubmit = (event) => {
    event.preventDefault();
    event.submitter?.focus(); // so that the new figure may take the old one's place
    act(`Stock of ${name} is ${input.value}`, "PATCH", path, { stock_num: Number(input.value) });
  };
  const isOn = sku.status === "on_sale";
  const toggle = () => act(`${name}: ${isOn ? "off sale" : "on sale"}`, "PATCH", path, { status: isOn ? "off_sale" : "on_sale" });
  return [
    sku.status === "deleted" ? null : h("div", { class: "actions" },
      h("form", { class: "stock", onsubmit }, input, h("button", { type: "submit" }, ...both("Set stock", "改库存"))),
      h("button", { type: "button", onclick: toggle }, ...(isOn ? both("Take off sale", "下架") : both("Put on sale", "上架")))),
    h("dl", { class: "facts" },
      ...pair("SKU", h("code", {}, sku.sku_id)),
      ...pair(both("Stock", "库存"), `${sku.stock_num}, booked ${sku.booked}, sellable ${sku.sellable}`),
      ...pair(both("Price", "价格"), `¥${sku.price}`),
      ...pair(both("Bar code", "条码"), h("code", {}, sku.bar_code)),
    ),
  ].filter(Boolean);
}

async function readSkus() {
  const query = encodeURIComponent($("sought").value.trim());
  const { skus } = await ask("GET", `skus?limit=${MOST_SKUS}&q=${query}`);
  showList($("sku-list"), skus, (sku) => sku.sku_id, skuRow);
  $("skus-count").textContent = skus.length >= MOST_SKUS ? `first ${MOST_SKUS}; find the others` : `${skus.length}`;
  if (!query) offerSkus(skus.filter((sku) => sku.status === "on_sale"));
}

function offerSkus(skus) {
  const select = $("place").elements.sku;
  const text = JSON.stringify(skus.map((sku) => [sku.sku_id, sku.sellable]));
  if (select.dataset.text === text || document.activeElement === select) return;
  const chosen = select.value;
  select.dataset.text = text;
  select.replaceChildren(...skus.map((sku) => new Option(`${sku.outer_id || sku.sku_id} · ${sku.title} · ${sku.sellable}`, sku.sku_id)));
  if (skus.some((sku) => sku.sku_id === chosen)) select.value = chosen;
}

// ---------------------------------------------------------------- faults, access, invariants

function ruleRow(rule, number) {
  const what = Object.entries(rule.fault).map(([name, value]) => (name === "kind" ? value : `${name} ${value}`)).join(", ");
  const where = Object.entries(rule.match).map(([name, value]) => `${name} ${value}`).join(", ") || "any call";
  const remove = () => putRules(state.rules.filter((_, at) => at !== number), "Fault removed");
  return h("li", {}, h("div", { class: "row" },
    chip("warn", what), h("span", { class: "grow", title: where }, where),
    h("span", { class: "end quiet" }, `${rule.hits} hit${rule.hits === 1 ? "" : "s"}${rule.times ? ` of ${rule.times}` : ""}`),
    h("button", { type: "button", "aria-label": `Remove fault ${what}`, onclick: remove }, "Remove")));
}

function putRules(rules, done) {
  return act(done, "PUT", "faults", { rules: rules.map(({ match, fault, times }) => ({ match, fault, times })) });
}

function showFaults(rules) {
  state.rules = rules;
  $("rule-list").replaceChildren(...rules.map(ruleRow));
  $("faults-count").textContent = rules.length ? `${rules.length} in force` : "none";
}

function showKind() {
  const form = $("add-fault");
  const kind = form.elements.kind.value;
  const needs = { latency: ["ms"], apply_late: ["ms"], http_status: ["status"], jd_error: ["code"] }[kind] ?? [];
  for (const label of form.querySelectorAll("[data-for]")) label.hidden = !needs.includes(label.dataset.for);
  $("kind-about").textContent = (state.names.kinds.get(kind) ?? "").replaceAll("`", "");
}

function showAccess(sandbox) {
  const isExpired = Date.parse(sandbox.expires_at) <= Date.parse($("now").dateTime);
  const expiry = [when(sandbox.expires_at), " ", isExpired ? chip("bad", ...both("expired", "已过期")) : chip("good", ...both("valid", "有效"))];
  const facts = [
    ["Gateway", `${sandbox.endpoint}/routerjson`], ["app_key", sandbox.app_key], ["app_secret", sandbox.app_secret],
    ["access_token", sandbox.access_token], ["refresh_token", sandbox.refresh_token],
  ];
  $("credentials").replaceChildren(
    ...facts.flatMap(([name, value]) => pair(name, h("code", {}, value))),
    ...pair(both("expires", "有效期"), ...expiry),
    ...(sandbox.removed_scopes.length ? pair(both("taken away", "已收回"), sandbox.removed_scopes.join(", ")) : []),
  );
  $("gateway").textContent = `${sandbox.endpoint}/routerjson`;
}

const FACTS = [
  ["orders_never_returned", "Orders never read by the seller", "未读取的订单", "open"],
  ["orders_newest_state_never_returned", "Orders whose newest state was not read", "状态未读取", "open"],
  ["orders_shipped_late", "Orders shipped late", "发货超时", "open"],
  ["oversold", "SKUs sold beyond what JD has", "超卖", "broken"],
  ["shipments_doubled", "Orders shipped twice", "重复发货", "broken"],
  ["shipments_of_cancelled", "Cancelled orders shipped", "已取消仍发货", "broken"],
  ["retries_renamed", "Unanswered stock calls retried under another number", "重试换号", "broken"],
  ["crashes", "Crashes of the simulator", "模拟器错误", "broken"],
];

function offenders(value) {
  const named = value.slice(0, 5).map((item) => (typeof item === "string" ? item : item.order_id ?? item.outer_id ?? item.second_ref));
  return `${named.join(", ")}${value.length > 5 ? " …" : ""}`;
}

function showInvariants(known) {
  const rows = FACTS.filter(([name]) => name in known).flatMap(([name, en, chinese, kind]) => {
    const value = known[name];
    const count = Array.isArray(value) ? value.length : value;
    const mark = count === 0 ? chip("good", "✓ none") : chip(kind === "open" ? "warn" : "bad", kind === "open" ? `${count} open` : `✗ ${count} broken`);
    const who = Array.isArray(value) && count ? h("div", { class: "quiet mono" }, offenders(value)) : null;
    return [h("dt", {}, ...both(en, chinese), who), h("dd", {}, mark)];
  });
  const quota = known.quota.limit === null ? `${known.quota.used}, no limit` : `${known.quota.used} of ${known.quota.limit}`;
  $("facts").replaceChildren(
    ...rows, ...pair(both("Calls counted today", "今日调用"), quota),
    ...pair(both("Refused for their signature", "签名错误"), String(known.refused_for_signature ?? 0)),
  );
  const calls = Object.entries(known.calls_by_method).sort((one, other) => other[1] - one[1]);
  $("calls-by-method").hidden = calls.length === 0;
  $("calls-by-method").tBodies[0].replaceChildren(
    ...calls.map(([name, count]) => h("tr", {}, h("td", { class: "mono" }, name), h("td", { class: "count" }, String(count)))),
  );
}

// ---------------------------------------------------------------- reading

function readSoon(delay = 150) {
  if (state.reading !== null) return;
  state.reading = setTimeout(async () => {
    state.reading = null;
    try {
      await read();
    } catch (error) {
      say(error.message, true);
    }
  }, delay);
}

async function read() {
  const asked = state.sandbox;
  const [{ orders }, { refunds }, { rules }, clock, known, crowd, sandbox] = await Promise.all([
    ask("GET", `orders?limit=${MOST_ORDERS}`), ask("GET", "refunds"), ask("GET", "faults"),
    ask("GET", "clock"), ask("GET", "invariants"), ask("GET", "crowd"),
    ask("GET", `${ROOM}/sandboxes/${encodeURIComponent(asked)}`), readSkus(),
  ]);
  if (asked !== state.sandbox) return;
  state.refunds = new Set(refunds.filter((refund) => refund.status === "unreviewed").map((refund) => refund.order_id));
  takeClock(clock);
  showOrders(orders);
  showFaults(rules);
  showAccess(sandbox);
  showInvariants(known);
  $("crowd-now").textContent = crowd.running ? `${crowd.plan.orders_per_minute} orders a minute` : "nobody now";
}

function follow() {
  state.events?.close();
  state.calls.clear();
  const events = new EventSource(`${ROOM}/sandboxes/${encodeURIComponent(state.sandbox)}/events`);
  state.events = events;
  const told = (kind, take) => events.addEventListener(kind, (event) => take(JSON.parse(event.data)));
  events.onopen = () => showLive("on", "live");
  events.onerror = () => showLive("off", "connection lost, trying again");
  told("call", (call) => {
    state.calls.set(call.number, call);
    while (state.calls.size > MOST_CALLS) state.calls.delete(state.calls.keys().next().value);
    requestAnimationFrame(showCalls);
  });
  told("reset", () => {
    state.calls.clear();
    showCalls();
  });
  told("shop", (shop) => {
    takeClock(shop.clock);
    $("strays").hidden = shop.strays === 0;
    $("strays-count").textContent = `${shop.strays} call${shop.strays === 1 ? "" : "s"} came with an app_key that no sandbox has.`;
    readSoon();
  });
}

function showLive(kind, text) {
  $("live").className = `live ${kind}`;
  if ($("live-text").textContent !== text) $("live-text").textContent = text;
}

async function choose(sandbox) {
  state.sandbox = sandbox;
  history.replaceState(null, "", sandbox === "demo" ? location.pathname : `?sandbox=${encodeURIComponent(sandbox)}`);
  for (const list of document.querySelectorAll(".list")) {
    list.replaceChildren();
    delete list.dataset.shown;
  }
  await offerSandboxes();
  showCalls();
  follow();
  readSoon(0);
}

async function offerSandboxes() {
  const { sandboxes } = await ask("GET", `${ROOM}/sandboxes`);
  if (!sandboxes.includes(state.sandbox)) state.sandbox = "demo";
  $("sandbox").replaceChildren(...sandboxes.map((name) => new Option(name, name)));
  $("sandbox").value = state.sandbox;
}

// ---------------------------------------------------------------- what the reader does

function onForm(id, take) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    take(event.currentTarget.elements, event);
  });
}

function listen() {
  $("sandbox").addEventListener("change", () => choose($("sandbox").value));
  $("sandbox").addEventListener("focus", () => offerSandboxes());
  $("freeze").addEventListener("click", () => {
    const isFrozen = state.clock.speed === 0;
    act(isFrozen ? "The clock runs" : "The clock stands still", "PUT", "clock", { freeze: !isFrozen });
  });
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => act(`The clock went ${button.textContent}`, "PUT", "clock", { advance: Number(button.dataset.advance) }));
  }
  $("speed").addEventListener("change", () => act(`The clock runs × ${$("speed").value}`, "PUT", "clock", { speed: Number($("speed").value) }));
  for (const id of ["only-trouble", "hold"]) $(id).addEventListener("change", showCalls);
  $("sought").addEventListener("input", () => readSoon());
  onForm("find", () => readSoon(0));
  onForm("choose", () => {});
  onForm("place", (form) => {
    const body = {
      lines: [{ sku_id: form.sku.value, quantity: Number(form.quantity.value) }],
      buyer: form.buyer.value.trim() || null, remark: form.remark.value,
      paid: form.paid.checked, cross_border: form.cross_border.checked, voucher: form.voucher.checked,
      store_order: form.by_jd.checked ? "京仓订单" : "",
    };
    act((order) => `Order ${order.order_id} was placed`, "POST", "orders", body);
  });
  onForm("crowd", (form) => act("Buyers come", "PUT", "crowd", { orders_per_minute: Number(form.orders_per_minute.value) }));
  $("no-crowd").addEventListener("click", () => act("No more buyers come", "DELETE", "crowd"));
  onForm("add-fault", (form) => {
    const fault = { kind: form.kind.value };
    for (const name of ["ms", "status"]) if (!form[name].closest("label").hidden) fault[name] = Number(form[name].value);
    if (!form.code.closest("label").hidden) fault.code = form.code.value;
    const match = { probability: Number(form.chance.value) / 100, nth: whole(form.nth.value) };
    if (form.method.value) match.method = form.method.value;
    putRules([...state.rules, { match, fault, times: whole(form.times.value) }], `Fault ${fault.kind} is in force`);
  });
  $("add-fault").elements.kind.addEventListener("change", showKind);
  $("clear-faults").addEventListener("click", () => act("No faults any more", "DELETE", "faults"));
  $("expire").addEventListener("click", () => act("The access token has expired", "PATCH", "credentials", { expire: true }));
  $("rotate").addEventListener("click", () => act("New tokens; the old ones are void", "PATCH", "credentials", { rotate: true }));
  $("reset").addEventListener("click", () => act("The sandbox begins anew", "POST", "reset"));
  onForm("scopes", (form, event) => act("Permissions changed", "PATCH", "credentials", { [event.submitter?.value ?? "remove_scopes"]: [form.scope.value] }));
  onForm("create", async (form) => {
    const numbers = ["seed", "sku_count", "order_count"].map((name) => [name, whole(form[name].value)]);
    const body = { ...Object.fromEntries(numbers), scenario: form.scenario.value || null };
    const made = await act((sandbox) => `Sandbox ${sandbox.sandbox_id} is there`, "POST", `${ROOM}/sandboxes`, body);
    if (made) await choose(made.sandbox_id);
  });
}

async function begin() {
  const { states, codes, methods, fault_kinds: kinds, actions, scenarios } = await ask("GET", `${ROOM}/catalogue`);
  state.names = {
    states: new Map(states.map((known) => [known.state, known])),
    codes: new Map(codes.map((known) => [known.code, known])),
    kinds: new Map(kinds.map((known) => [known.kind, known.about])),
    methods, actions,
  };
  const fault = $("add-fault").elements;
  fault.kind.append(...kinds.map((known) => new Option(known.kind.replaceAll("_", " "), known.kind)));
  fault.method.append(new Option("any method", ""), ...methods.map((known) => new Option(known.method, known.method)));
  fault.code.append(...codes.map((known) => new Option(`${known.code} · ${known.en} ${known.zh}`, known.code)));
  $("scopes").elements.scope.append(...methods.map((known) => new Option(known.method, known.method)));
  $("create").elements.scenario.append(new Option("none", ""), ...scenarios.map((known) => new Option(known.name, known.name)));
  showKind();
  listen();
  setInterval(tick, 250);
  await choose(state.sandbox);
}

begin().catch((error) => say(error.message, true));
