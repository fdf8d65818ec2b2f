// A map over the live picture, in the colours and rules of avsl/overlay.py.

const FINE_CELLS = 160;  // a map's longer side is brought to about this before it is coloured

class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext('2d');
    this.fine = document.createElement('canvas');
  }

  clear() { this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height); }

  // `look` is heat, contour or spotlight; an empty map leaves the picture as it is: with every pause
  // between two claps the spotlight would else turn the room dark.
  draw(map, look, opacity) {
    const pixels = Math.min(devicePixelRatio, 1.5);
    const size = [this.canvas.clientWidth, this.canvas.clientHeight].map((e) => Math.round(e * pixels));
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1])
      [this.canvas.width, this.canvas.height] = size;
    this.clear();
    if (!map.levels.some(Boolean)) return;
    const field = finer(map), threshold = 255 * map.threshold;
    if (look === 'contour') this.outline(field, threshold, opacity);
    else this.paint(field, look === 'heat' ? heat(threshold, opacity) : dark(threshold, opacity));
  }

  paint({width, height, values}, table) {
    const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    for (let at = 0; at < values.length; at++) pixels[at] = table[Math.round(values[at])];
    [this.fine.width, this.fine.height] = [width, height];
    this.fine.getContext('2d').putImageData(image, 0, 0);
    this.pen.imageSmoothingQuality = 'high';
    this.pen.drawImage(this.fine, 0, 0, this.canvas.width, this.canvas.height);
  }

  outline(field, threshold, opacity) {
    const {width, height} = this.canvas, line = Math.max(2, Math.min(width, height) / 180);
    const path = contour(field, threshold, width / field.width, height / field.height);
    [this.pen.globalAlpha, this.pen.lineJoin, this.pen.lineCap] = [opacity, 'round', 'round'];
    for (const [colour, wide] of [['#000', line + 2], [`rgb(${LINE_RGB})`, line]]) {
      [this.pen.strokeStyle, this.pen.lineWidth] = [colour, wide];
      this.pen.stroke(path);
    }
    this.pen.globalAlpha = 1;
  }
}

function finer({width, height, levels}) {  // bilinear, cells by their centres
  const factor = Math.max(1, Math.floor(FINE_CELLS / Math.max(width, height)));
  const fine = {width: width * factor, height: height * factor};
  fine.values = new Float32Array(fine.width * fine.height);
  const columns = shares(fine.width, width), rows = shares(fine.height, height);
  let at = 0;
  for (const [up, down, below] of rows)
    for (const [left, right, beside] of columns) {
      const top = levels[up * width + left] * (1 - beside) + levels[up * width + right] * beside;
      const low = levels[down * width + left] * (1 - beside) + levels[down * width + right] * beside;
      fine.values[at++] = top * (1 - below) + low * below;
    }
  return fine;
}

function shares(fine, coarse) {  // of each fine place: the cells around it, the second one's weight
  return Array.from({length: fine}, (_, at) => {
    const place = Math.max(0, Math.min(coarse - 1, (at + 0.5) * coarse / fine - 0.5));
    const first = Math.floor(place);
    return [first, Math.min(first + 1, coarse - 1), place - first];
  });
}

function heat(threshold, opacity) {  // of each level: its colour, softly from below the threshold
  return table((level) => {
    const soft = Math.max(0, Math.min(1, (level - threshold) / (255 * SOFT_EDGE) + 1)) ** 2;
    return [...HEAT_RGB[level], 255 * opacity * soft];
  });
}

function dark(threshold, opacity) {  // of each level: how much of the picture is taken away
  return table((level) => {
    const lit = Math.max(0, Math.min(1, (level - threshold) / (255 * SOFT_EDGE) + 1));
    return [0, 0, 0, 255 * opacity * (1 - lit)];
  });
}

function table(colour) {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let level = 0; level < 256; level++) bytes.set(colour(level), 4 * level);
  return new Uint32Array(bytes.buffer);
}

function contour({width, height, values}, level, wide, high) {  // marching squares, as one path
  const path = new Path2D();
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height ? values[y * width + x] : 0;
  const cross = (x0, y0, x1, y1) => {
    const a = inside(x0, y0), b = inside(x1, y1), share = (level - a) / (b - a);
    return [(x0 + 0.5 + share * (x1 - x0)) * wide, (y0 + 0.5 + share * (y1 - y0)) * high];
  };
  for (let y = -1; y < height; y++)
    for (let x = -1; x < width; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
      const over = corners.map(([i, j]) => inside(i, j) >= level);
      const cuts = [0, 1, 2, 3].filter((k) => over[k] !== over[(k + 1) % 4]);
      if (!cuts.length) continue;
      const points = cuts.map((k) => cross(...corners[k], ...corners[(k + 1) % 4]));
      if (cuts.length === 4 && over[0]) points.push(points.shift());  // a saddle
      for (let k = 0; k < points.length; k += 2) {
        path.moveTo(...points[k]);
        path.lineTo(...points[k + 1]);
      }
    }
  return path;
}

function sideOf({width, levels, threshold}) {  // of the picture's middle: where most of the map is
  let [left, right] = [0, 0];
  levels.forEach((level, at) => {
    if (level < 255 * threshold) return;
    if (at % width + 0.5 < width / 2) left += level;
    else right += level;
  });
  return left + right ? (left > right ? 'left' : 'right') : '';
}
