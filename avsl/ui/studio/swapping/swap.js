// runs once: says which pair was pressed or what leaves, and lets the arrows walk the grid
const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('row' in button.dataset) {
    for (const other of element.querySelectorAll('[aria-pressed]')) other.ariaPressed = 'false';
    button.ariaPressed = 'true';
    trigger('press', {...button.dataset});
  } else if ('out' in button.dataset) {
    trigger('take_out', {...button.dataset});
  }
});

element.addEventListener('keydown', (event) => {
  const step = steps[event.key], here = event.target.closest('[data-row]');
  if (!step || !here) return;
  const row = +here.dataset.row + step[0], column = +here.dataset.column + step[1];
  const next = element.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  if (!next) return;
  event.preventDefault();
  next.focus();
});
