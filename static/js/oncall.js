// The week's grid by arrow keys: from a day's link to the one beside, above or below it. Without scripts Tab does the same.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

for (const grid of document.querySelectorAll("[data-week]")) {
  const rows = [...grid.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  grid.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    let row = rows.findIndex((cells) => cells.includes(cell));
    let column = rows[row].indexOf(cell);
    let link = null;
    do {
      row += step[0];
      column += step[1];
      link = rows[row]?.[column]?.querySelector("a");
    } while (!link && rows[row]?.[column]);
    if (link) {
      event.preventDefault();
      link.focus();
    }
  });
}
