// Ties a timeline to its video: the playhead follows the video, and the video the playhead.
//
// gradio replaces the <video> with each result, and this piece of HTML when a tab's parts come and
// go. So the video is looked up whenever it is needed, its events are caught on their way through
// the document, and everything ends once this element has left the page.

const end = new AbortController();
let score = null;  // of the timeline that is shown
let frame = 0;  // the animation frame that was asked for
let inSight = false;
let captions = true;  // whether the visitor wants them
let next = null;  // to where the video goes once it has come to where it was sent

const BAR_PX = 52;  // the player's own bar
const LETTERS = 8;  // of a hundred parts of the video's height: a line of captions

const part = (name) => element.querySelector(`[data-part=${name}]`);
const video = () => score && document.querySelector(`#${score.player} video`);
const now = () => next ?? video()?.currentTime ?? 0;
const within = (time_s) => Math.max(0, Math.min(time_s, score.duration_s));

function begin() {
  const drawn = element.querySelector('.avsl-clock');
  score = drawn ? JSON.parse(drawn.dataset.score) : null;
  next = null;
  if (!score) return;
  sight.disconnect();
  sight.observe(drawn);
  caption();
  follow();
}

const sight = new IntersectionObserver((entries) => {
  inSight = entries.at(-1).isIntersecting;
  follow();
});

// Once now, and then for every picture as long as the video plays and the timeline is in sight.
function follow() {
  cancelAnimationFrame(frame);
  frame = 0;
  if (!element.isConnected) return leave();
  if (!score || !inSight) return;
  show(within(now()));
  if (video() && !video().paused && !video().ended) {
    frame = requestAnimationFrame(follow);
  }
}

function leave() {
  end.abort();
  sight.disconnect();
}

function show(time_s) {
  const share = score.duration_s ? time_s / score.duration_s : 0;
  part('playhead').style.transform = `translateX(${100 * share}%)`;
  const said = score.tracks.map((track) => wordsAt(track, time_s));
  element.querySelectorAll('[data-part=said]').forEach((place, index) => {
    if (place.textContent !== said[index]) place.textContent = said[index];
  });
  tell(time_s, said);
}

function wordsAt(track, time_s) {
  let low = 0, high = track.changes.length;  // the last change that is not after time_s
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (track.changes[middle][0] <= time_s) low = middle; else high = middle;
  }
  return track.words[track.changes[low][1]];
}

// For screen readers: at most once a second, or when something else is said.
function tell(time_s, said) {
  const whole = Math.floor(time_s);
  const clock = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  const named = score.tracks.map(({name}, index) => (name ? `${name}: ` : '') + said[index]);
  const text = [clock, ...named].join(', '), plot = part('plot');
  if (plot.ariaValueText === text && !(video()?.paused ?? true)) return;
  plot.ariaValueText = text;
  plot.ariaValueNow = time_s.toFixed(2);
}

// One at a time: a browser that is sent on and on before it has arrived may stall for good.
function seek(time_s) {
  if (!video()) return;
  if (video().seeking) next = within(time_s);
  else video().currentTime = within(time_s);
  show(within(time_s));
}

function arrive() {
  if (next === null) return;
  video().currentTime = next;
  next = null;
}

// The visitor is where they wanted to be.
function settle() {
  if (video()?.paused) trigger('moved', {time_s: now()});
}

function at(event) {
  const box = part('plot').getBoundingClientRect();
  return score.duration_s * (event.clientX - box.left) / box.width;
}

// A finger may be about to scroll the page: it counts where it moves along or is lifted.
element.addEventListener('pointerdown', (event) => {
  const plot = event.target.closest('[data-part=plot]');
  if (!plot || event.button) return;
  plot.setPointerCapture(event.pointerId);
  if (event.pointerType !== 'touch') seek(at(event));
});
element.addEventListener('pointermove', (event) => {
  if (part('plot')?.hasPointerCapture(event.pointerId)) seek(at(event));
});
element.addEventListener('pointerup', (event) => {
  if (!part('plot')?.hasPointerCapture(event.pointerId)) return;
  seek(at(event));
  settle();
});

const KEYS = {
  ArrowLeft: (now) => now - score.step_s, ArrowRight: (now) => now + score.step_s,
  ArrowDown: (now) => now - score.step_s, ArrowUp: (now) => now + score.step_s,
  PageDown: (now) => now - score.duration_s / 10, PageUp: (now) => now + score.duration_s / 10,
  Home: () => 0, End: () => score.duration_s,
};
element.addEventListener('keydown', (event) => {
  if (!event.target.matches('[data-part=plot]') || !video()) return;
  if (event.key === ' ') {
    video().paused ? video().play() : video().pause();
  } else if (event.key in KEYS && !event.altKey && !event.ctrlKey && !event.metaKey) {
    seek(KEYS[event.key](now()));
    settle();
  } else {
    return;
  }
  event.preventDefault();
});

function caption() {
  const button = part('captions');
  if (!button) return;
  button.ariaPressed = captions;
  for (const track of video()?.textTracks ?? []) {
    track.mode = captions ? 'showing' : 'hidden';
    for (const cue of track.cues ?? []) raise(cue, video().clientHeight);
  }
}

// Above the bar that the player shows under the pointer.
function raise(cue, height) {
  if (!height) return;
  cue.snapToLines = false;
  cue.line = Math.round(100 * (1 - BAR_PX / height) - LETTERS);
}
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-part=captions]')) return;
  captions = !captions;
  caption();
});

const ofVideo = (event) => event.target === video();
for (const name of ['play', 'pause', 'ended', 'seeking', 'seeked', 'timeupdate', 'emptied']) {
  document.addEventListener(name, (event) => {
    if (!ofVideo(event)) return;
    if (name === 'seeked') arrive();
    if (name === 'emptied') next = null;
    follow();
  }, {capture: true, signal: end.signal});
}
for (const name of ['loadedmetadata', 'load']) {  // of the video, and of its captions
  document.addEventListener(name, (event) => {
    if (!ofVideo(event) && !video()?.contains(event.target)) return;
    caption();
    follow();
  }, {capture: true, signal: end.signal});
}

watch('value', begin);
begin();
