// Enhancement only: the button "Suggest a level" sends the form where this file does not run.

const form = document.querySelector("form[data-suggest]");
const button = form?.querySelector("button[name=suggest]");
const said = form?.querySelector("[data-suggestion]");
let turn = 0;

function show({ level, because }) {
  said.textContent = level
    ? `SEV ${level} is suggested. ${because} You decide.`
    : "These answers say too little to suggest a level.";
  for (const tag of form.querySelectorAll("[data-suggested]")) tag.hidden = Number(tag.dataset.suggested) !== level;
}

async function suggest() {
  const url = new URL(form.dataset.suggest, location.href);
  for (const list of form.querySelectorAll("select[data-question]")) {
    if (list.value) url.searchParams.set(list.dataset.question, list.value);
  }
  const mine = ++turn;
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const suggestion = await answer.json();
  if (mine === turn) show(suggestion); // an answer that came late is not the present one
}

form?.addEventListener("change", (event) => {
  if (event.target.matches("select[data-question]")) suggest().catch(() => {}); // the button is still there
});

button?.addEventListener("click", (event) => {
  if (button.dataset.plain) return;
  event.preventDefault();
  suggest().catch(() => {
    button.dataset.plain = "1";
    button.click();
  });
});
