// What pages do with script that they cannot do without: the reader's clock, and a connection that comes and goes.
// Everything else is HTML from the server, sent and swapped by htmx.
(() => {
  "use strict";
  const again = 3000;
  const minute = 60000;

  // The server tells times in the zone of this cookie.
  function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone && !document.cookie.includes(`golive-zone=${zone};`) && !document.cookie.endsWith(`golive-zone=${zone}`)) {
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `golive-zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    }
  }

  // “in 2 hours” stays true while the page is open.
  const units = [["day", 86400000], ["hour", 3600000], ["minute", minute]];
  function tellDistances() {
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const away = Date.parse(time.dateTime) - Date.now();
      const [unit, length] = units.find(([, each]) => Math.abs(away) >= each) ?? ["second", 1000];
      time.textContent = words.format(Math.round(away / length), unit);
    }
  }

  function tellConnection(sentence) {
    const told = document.getElementById("offline");
    told.hidden = !sentence;
    told.querySelector("span").textContent = sentence ? told.dataset[sentence] : "";
    told.querySelector("a").hidden = sentence !== "ended";
    told.querySelector("button").hidden = sentence !== "away";
  }

  // A form whose answer got lost is sent again by the button that was pressed: under its key it is done once.
  const waiting = new WeakMap();
  let unanswered = null;
  function sendAgain(form, button) {
    unanswered = form;
    tellConnection("away");
    (button ?? form).scrollIntoView({ block: "nearest" }); // above what was just told
    waiting.set(form, setTimeout(() => {
      if (form.isConnected && (!button || button.form === form)) form.requestSubmit(button);
    }, again));
  }

  // Until there is an answer, whoever sent it may take it back; what has arrived by then is done.
  function takeBack() {
    clearTimeout(waiting.get(unanswered));
    unanswered?.dispatchEvent(new Event("htmx:abort"));
    unanswered = null;
    tellConnection("taken");
  }

  // The page comes back whole when one of its forms was sent. What stands in the others is put back there, or waits
  // here until their act is offered again. What was refused counts as typed, though the server had it in the form.
  const kept = new Map();
  const inForm = (form) => [...form.elements].filter(({ name, type }) => name && !["hidden", "submit", "file", "password"].includes(type));
  const isTicked = ({ type }) => ["checkbox", "radio"].includes(type);
  function differs(field) {
    if (isTicked(field)) return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const options = [...field.options];
    return field.selectedIndex !== Math.max(options.findIndex((option) => option.defaultSelected), 0);
  }
  function keepTyped(sent) {
    kept.delete(sent.getAttribute("action"));
    for (const form of document.querySelectorAll("form[data-act]")) {
      if (form === sent) continue;
      const wasRefused = form.querySelector("[data-problem]");
      const fields = inForm(form).filter((field) => wasRefused || differs(field))
        .map(({ name, value, checked }) => ({ name, value, checked }));
      const files = [...form.querySelectorAll(".file")];
      if (fields.length || files.length) kept.set(form.getAttribute("action"), { fields, files });
      else kept.delete(form.getAttribute("action"));
    }
  }
  function unfold(field) {
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  function putBack() {
    for (const form of document.querySelectorAll("form[data-act]")) {
      const { fields = [], files = [] } = kept.get(form.getAttribute("action")) ?? {};
      kept.delete(form.getAttribute("action"));
      for (const { name, value, checked } of fields) {
        const field = inForm(form).find((one) => one.name === name && (!isTicked(one) || one.value === value));
        if (!field || (field.options && ![...field.options].some((option) => option.value === value))) continue;
        if (isTicked(field)) field.checked = checked;
        else field.value = value;
        if (differs(field)) unfold(field);
      }
      for (const file of files.filter(({ id }) => !document.getElementById(id))) {
        document.getElementById(file.dataset.of)?.closest(".field").querySelector(".files").append(file);
      }
    }
  }

  // What was done is told once, not again by each reload.
  function forgetRecorded() {
    const here = new URL(location.href);
    if (!here.searchParams.has("recorded")) return;
    here.searchParams.delete("recorded");
    history.replaceState(history.state, "", here);
  }

  // News comes while somebody types elsewhere: only the answer to a form takes the focus, when its button is gone.
  // What was done is said where screen readers listen from the first; the notice that was swapped in stays silent.
  function arrive(form) {
    const place = document.querySelector(form.getAttribute("hx-target")) ?? document.getElementById("main");
    const notice = place.querySelector(".notice[role=status]");
    notice?.removeAttribute("role");
    document.getElementById("said").textContent = notice?.textContent.trim() ?? "";
    const problem = place.querySelector("[data-problem]");
    const first = problem ?? place.querySelector("h1, h2");
    if (!first || (!problem && document.activeElement !== document.body)) return;
    first.tabIndex = -1;
    first.focus({ preventScroll: !problem });
  }

  // News may come while a form is still to be sent again: that it is stays told until it has its answer, or is taken back.
  function connected(source) {
    if (unanswered?.isConnected && source !== unanswered) return;
    unanswered = null;
    tellConnection("");
  }

  // A stream that could not even begin; one that broke off htmx connects again.
  function askAgain(element, status) {
    if (!element?.matches?.('[hx-trigger$="again"]')) return;
    const ended = [401, 403].includes(status);
    tellConnection(ended ? "ended" : "waiting");
    if (!ended) setTimeout(() => element.dispatchEvent(new Event("again")), again);
  }

  // Which acts are possible stands in what is live. A form in which somebody has begun to write stays, to be read.
  function offerActs() {
    const can = document.querySelector("[data-can]")?.dataset.can.split(" ");
    for (const act of can ? document.querySelectorAll("[data-offered]") : []) {
      const begun = [...act.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
      const possible = can.includes(act.dataset.offered);
      act.hidden = !possible && !begun;
      for (const button of act.querySelectorAll("button[type=submit]")) button.disabled = !possible;
    }
  }

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = document.getElementById("offline").dataset.csrf;
  });
  // Files are uploaded when they are chosen: what is stored stands in the form, so the field is free for more.
  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (source?.type === "file") source.closest(".field").querySelector("[data-problem]")?.remove();
    clearTimeout(waiting.get(source)); // whoever presses meanwhile is not overtaken by what they pressed before
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement: source, request } = event.detail.ctx ?? {};
    if (request?.form?.matches("[data-act]") && source?.type !== "file") keepTyped(request.form);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (source?.type === "file") source.value = "";
    putBack();
  });
  document.addEventListener("htmx:after:history:update", forgetRecorded);
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("#offline button")) takeBack();
  });
  document.addEventListener("htmx:error", (event) => {
    const { sourceElement: source, request, text } = event.detail.ctx ?? {};
    const lost = text === undefined; // else there was an answer, and sending again would only bring the same
    if (lost && source?.matches?.("form[data-act]")) sendAgain(source, request.submitter);
    else askAgain(source);
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { sourceElement: source, response } = event.detail.ctx ?? {};
    if (response?.status === 401) tellConnection("ended");
    else askAgain(source, response?.status);
  });
  // Somebody has signed in meanwhile, maybe somebody else: the page has their token now, and they press again.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.hx?.retarget !== "#offline") return;
    const token = document.getElementById("offline").dataset.csrf;
    for (const field of document.querySelectorAll("form > input[name=csrf]")) field.value = token;
    tellConnection("renewed");
  });
  document.addEventListener("htmx:after:request", (event) => connected(event.detail.ctx?.sourceElement));
  document.addEventListener("htmx:sse:error", (event) => tellConnection([401, 403].includes(event.detail.status) ? "ended" : "waiting"));
  // Too many pages are open: this one rests until somebody comes back to it.
  document.addEventListener("htmx:sse:close", ({ target, detail }) => {
    if (detail.reason !== "message") return;
    tellConnection("enough");
    const goOn = () => target.isConnected && target.dispatchEvent(new Event("again"));
    window.addEventListener("focus", goOn, { once: true });
  });
  document.addEventListener("htmx:sse:after:connection", () => connected());
  document.addEventListener("htmx:after:swap", (event) => {
    tellDistances();
    offerDigests();
    offerActs();
    // A form that was swapped away is no longer the source; a file that was uploaded has a form, too.
    const { sourceElement: source, request, swap, hx } = event.detail.ctx ?? {};
    const acted = request?.form?.matches("[data-act]") && source?.type !== "file";
    if (acted && swap !== "none" && !hx?.retarget) arrive(request.form);
  });

  // What is dropped beside the field of a form for files falls into it.
  document.addEventListener("dragover", (event) => {
    const drop = event.target.closest?.(".drop");
    for (const other of document.querySelectorAll(".drop.over")) other.classList.toggle("over", other === drop);
    drop?.classList.add("over");
    if (drop) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const field = event.target.closest?.(".drop")?.querySelector("input[type=file]");
    if (!field) return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.closest(".drop").classList.remove("over");
  });

  // The digests of chosen files are computed here; the files are not sent. Without this, digests are typed.
  function offerDigests() {
    for (const drop of document.querySelectorAll("[data-digests]")) drop.hidden = !window.crypto?.subtle;
  }
  async function digestOf(file) {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return "sha256:" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  function emptyRow(rows) {
    const typed = (row) => [...row.querySelectorAll("input")].some((input) => input.value);
    return [...rows.querySelectorAll("[data-artifact]")].find((row) => !typed(row)) ?? addedRow(rows);
  }
  function addedRow(rows) {
    const all = rows.querySelectorAll("[data-artifact]");
    const row = all[all.length - 1].cloneNode(true);
    row.innerHTML = row.innerHTML.replaceAll(`[${all.length - 1}]`, `[${all.length}]`)
      .replaceAll(`artifacts-${all.length - 1}-`, `artifacts-${all.length}-`);
    for (const input of row.querySelectorAll("input")) input.value = "";
    all[all.length - 1].after(row);
    return row;
  }
  async function fillDigests(field) {
    const told = document.getElementById(field.getAttribute("aria-describedby"));
    told.textContent = told.dataset.computing;
    try {
      for (const file of field.files) {
        const digest = await digestOf(file);
        const [name, written] = emptyRow(field.closest("fieldset")).querySelectorAll("input");
        name.value = file.name;
        written.value = digest;
      }
      told.textContent = told.dataset.done;
    } catch (tooLarge) {
      told.textContent = told.dataset.failed;
    }
    field.value = "";
  }
  document.addEventListener("change", (event) => {
    if (event.target.closest?.("[data-digests]")) fillDigests(event.target);
  });

  tellZone();
  offerDigests();
  tellDistances();
  forgetRecorded();
  setInterval(tellDistances, minute);
  document.querySelector("[data-problem]")?.focus();
})();
