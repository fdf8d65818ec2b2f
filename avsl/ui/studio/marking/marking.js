// Marks on the frame of one moment. Everything is in fractions of the frame; the server gets all of
// it after every change, and renders the stage anew only for another moment or a file.

const LINE = '#22d3ee', FILL = 'rgba(34, 211, 238, .3)', EDGE = 'rgba(0, 0, 0, .75)';
const LEAST = 0.01;  // of the frame: a shorter drag is a slip of the hand
const NOTHING = {boxes: [], strokes: []};

class Marking {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector('canvas');
    this.marks = root.dataset.marks ? JSON.parse(root.dataset.marks) : null;
    this.history = [];
    if (root.dataset.mask) {
      this.mask = new Image();
      this.mask.onload = () => this.draw();
      this.mask.src = root.dataset.mask;
    }
    this.listen();
    this.show();
  }

  part(name) { return this.root.querySelector(`[data-part="${name}"]`); }

  listen() {
    const stage = this.root.querySelector('.stage');
    stage.onpointerdown = (event) => this.begin(event);
    stage.onpointermove = (event) => this.go(event);
    stage.onpointerup = (event) => this.end(event);
    stage.onpointercancel = () => { this.drawing = null; this.draw(); };
    this.part('undo').onclick = () => this.undo();
    this.part('clear').onclick = () => this.change(null);
    this.part('nothing').onclick = () => this.change(NOTHING);
    this.part('add').onclick = () => this.add();
    new ResizeObserver(() => this.draw()).observe(stage);
  }

  place(event) {
    const area = this.canvas.getBoundingClientRect();
    const within = (share) => Math.min(1, Math.max(0, share));
    return [
      within((event.clientX - area.left) / area.width),
      within((event.clientY - area.top) / area.height),
    ];
  }

  begin(event) {
    if (event.button) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const tool = this.root.querySelector('input[type=radio]:checked').value;
    this.drawing = {tool, radius: this.part('radius').value / 100, points: [this.place(event)]};
    this.draw();
  }

  go(event) {
    if (!this.drawing) return;
    const {tool, points} = this.drawing;
    if (tool === 'box') points[1] = this.place(event);
    else points.push(this.place(event));
    this.draw();
  }

  end(event) {
    if (!this.drawing) return;
    this.go(event);
    const {tool, radius, points} = this.drawing;
    this.drawing = null;
    if (tool === 'brush') this.append('strokes', {radius, points});
    else if (isBox(boxOf(points))) this.append('boxes', boxOf(points));
    else this.draw();
  }

  add() {
    const numbers = this.root.querySelectorAll('[data-part="number"]');
    const box = [...numbers].map((field) => Math.min(100, Math.max(0, +field.value)) / 100);
    if (isBox(box)) this.append('boxes', box);
    else this.part('said').textContent = WORDS.empty;
  }

  append(kind, mark) {
    const marks = this.marks ?? NOTHING;
    this.change({...marks, [kind]: [...marks[kind], mark]});
  }

  undo() {
    if (this.history.length) this.put(this.history.pop());
  }

  change(marks) {
    this.history.push(this.marks);
    this.put(marks);
  }

  put(marks) {
    this.marks = marks;
    this.show();
    trigger('mark', {index: +this.root.dataset.index, marks});
  }

  show() {
    const {boxes, strokes, painted} = this.marks ?? NOTHING;
    const none = !boxes.length && !strokes.length && !painted;
    const words = !this.marks ? WORDS.unmarked : none ? WORDS.nothing : WORDS.marked;
    this.part('said').textContent = words.replace('{boxes}', boxes.length)
      .replace('{strokes}', strokes.length).replace('{file}', painted ? WORDS.file : '');
    this.part('undo').disabled = !this.history.length;
    this.draw();
  }

  draw() {
    const {clientWidth, clientHeight} = this.canvas, scale = window.devicePixelRatio || 1;
    const [width, height] = [clientWidth * scale, clientHeight * scale].map(Math.round);
    [this.canvas.width, this.canvas.height] = [width, height];
    const pen = this.canvas.getContext('2d');
    const {boxes, strokes, painted} = this.marks ?? NOTHING;
    if (painted && this.mask.complete) {
      pen.globalAlpha = 0.45;
      pen.drawImage(this.mask, 0, 0, width, height);
      pen.globalAlpha = 1;
    }
    const now = this.drawing;
    for (const each of now?.tool === 'brush' ? [...strokes, now] : strokes) {
      pen.lineWidth = 2 * each.radius * width;
      pen.lineCap = pen.lineJoin = 'round';
      pen.strokeStyle = FILL;
      pen.beginPath();
      for (const [x, y] of [each.points[0], ...each.points]) pen.lineTo(x * width, y * height);
      pen.stroke();
    }
    for (const box of now?.tool === 'box' ? [...boxes, boxOf(now.points)] : boxes) {
      const [left, top, right, bottom] = box;
      const sides = [left * width, top * height, (right - left) * width, (bottom - top) * height];
      pen.fillStyle = FILL;
      pen.fillRect(...sides);
      for (const [colour, wide] of [[EDGE, 4], [LINE, 2]]) {
        [pen.strokeStyle, pen.lineWidth] = [colour, wide * scale];
        pen.strokeRect(...sides);
      }
    }
  }
}

function boxOf([[x0, y0], [x1, y1] = [x0, y0]]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}

function isBox([left, top, right, bottom]) {
  return right - left >= LEAST && bottom - top >= LEAST;
}

function begin() {
  const root = element.querySelector('.avsl-marking');
  if (root && !root.dataset.ready) {
    root.dataset.ready = 'yes';
    new Marking(root);
  }
}

watch('value', begin);
begin();
