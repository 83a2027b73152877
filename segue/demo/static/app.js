/** The sample product's own page: its own numbers. Segue's elements look after themselves. */

const account = document.body.dataset.account;
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const long = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
const put = (id, text) => (document.getElementById(id).textContent = text);
let shown = "";

function show(data) {
  const day = new Date(`${data.today}T00:00:00Z`);
  put("today", long.format(day));
  if (!data.here) return;
  put("used", number.format(data.used));
  put("week", number.format(data.week));
  put("before", data.before === null ? "–" : number.format(data.before));
  put("plan-name", `Your plan: ${data.plan}`);
  const most = Math.max(1, ...data.days.map(([, amount]) => amount));
  document.getElementById("bars").replaceChildren(
    ...data.days.map(([date, amount]) => {
      const bar = document.createElement("i");
      bar.className = amount ? "" : "none";
      bar.style.height = `${(amount / most) * 100}%`;
      bar.title = `${long.format(new Date(`${date}T00:00:00Z`))}: ${number.format(amount)}`;
      return bar;
    }),
  );
  document.getElementById("rows").replaceChildren(...data.days.slice(-8).reverse().map(row));
}

function row([date, amount]) {
  const line = document.createElement("tr");
  for (const text of [long.format(new Date(`${date}T00:00:00Z`)), amount ? number.format(amount) : "–"]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

async function look() {
  try {
    const answer = await fetch(`/demo/app/data?account=${encodeURIComponent(account)}`, { cache: "no-store" });
    const text = await answer.text();
    if (answer.ok && text !== shown) show(JSON.parse((shown = text)));
  } catch {
    // The demo has ended; the page keeps what it shows.
  }
  setTimeout(look, document.hidden ? 3000 : 900);
}

look();
