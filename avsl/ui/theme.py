"""The app's looks: one calm theme in light and dark, system fonts, nothing fetched."""

import json

import gradio as gr

from avsl.ui import copy

FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")

ACCENT = gr.themes.Color(
    "#f3f2fb", "#e5e3f6", "#cbc7ec", "#aaa4dd", "#8a82cd", "#6d63ba",
    "#594fa3", "#483f87", "#383168", "#292449", "#1b1832",
)  # fmt: skip
INK = gr.themes.Color(
    "#fafafa", "#f4f4f5", "#e6e6e9", "#d3d3d8", "#a2a2ab", "#71717b",
    "#52525b", "#3b3b43", "#26262c", "#18181c", "#101013",
)  # fmt: skip


def theme() -> gr.themes.Base:
    """Quiet surfaces, thin lines, one accent."""
    return gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=INK,
        font=FONT,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_shadow="none",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color="*neutral_800",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_900",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        button_large_text_weight="600",
        color_accent="*primary_600",
        color_accent_soft_dark="*primary_900",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
    )


CSS = """
.gradio-container {  /* without a width it would be as wide as all tabs beside each other */
  width: 100% !important; max-width: 1240px !important; margin: 0 auto !important;
}
.html-container { padding: 0 !important; }
footer .divider { display: none; }
#time, #duration, .playback > span {  /* of gradio's player of sounds: too pale to be read */
  color: var(--body-text-color-subdued) !important;
}
.download-link, .download-link .icon-button { min-width: 28px; min-height: 28px; }
:focus-visible { outline: 2px solid var(--primary-500) !important; outline-offset: 2px; }
.dark button[role=tab].selected { color: var(--primary-300) !important; }

header h1 { font-size: 1.6rem; font-weight: 650; letter-spacing: -.01em; margin: 0 0 .2rem; }
header p { margin: 0; max-width: 62rem; line-height: 1.5; }
header p, .avsl-hint, .avsl-message p, .avsl-notes ul, .avsl-card, .avsl-verdict ul,
.avsl-moment dt, .avsl-provenance dt { color: var(--body-text-color-subdued); }

.avsl-hint { margin: 0; font-size: .875rem; line-height: 1.45; }
.avsl-heading { margin: .4rem 0 0; font-size: 1.05rem; font-weight: 600; }
.avsl-message {
  min-height: 5.5rem; padding: 1rem 1.2rem; border-radius: 10px;
  border: 1px solid var(--block-border-color); background: var(--block-background-fill);
}
.avsl-message h2 { margin: 0 0 .25rem; font-size: 1.05rem; font-weight: 600; }
.avsl-message p { margin: 0; line-height: 1.5; overflow-wrap: anywhere; }
.avsl-message.busy { padding-bottom: 4.6rem; }
.avsl-message.problem { border-left: 4px solid #c2410c; }
.avsl-message.problem p { color: var(--body-text-color); }
.avsl-message code {
  display: block; margin-top: .6rem; padding: .5rem .7rem; border-radius: 6px;
  border: 1px solid var(--block-border-color); background: var(--background-fill-secondary);
  font-family: var(--font-mono); font-size: .8rem; user-select: all;
}

.avsl-examples {
  display: grid !important; gap: .5rem;
  grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr));
}
.avsl-examples button {
  height: 100%; min-height: 2.6rem; padding: .3rem; gap: .35rem; flex-direction: column;
  align-items: stretch; justify-content: flex-start;
  font-weight: 500; line-height: 1.3; text-align: left;
}
.avsl-examples button img {
  width: 100%; height: auto; margin: 0; aspect-ratio: 16 / 9; object-fit: cover;
  border-radius: 5px;
}
.avsl-other { align-items: end; gap: .6rem; }
.avsl-card {
  padding: .6rem .8rem .8rem; background: var(--block-background-fill);
  font-size: .875rem; line-height: 1.5;
}
.avsl-card p { margin: .35rem 0 0; color: inherit; font-size: inherit; line-height: inherit; }
.avsl-card .state {
  display: inline-block; padding: 0 .6em; border: 1px solid currentcolor; border-radius: 99px;
  font-size: .8rem;
}
.avsl-card .state.ready { color: #15803d; }
.avsl-card .state.needs_download { color: #b45309; }
.dark .avsl-card .state.ready { color: #4ade80; }
.dark .avsl-card .state.needs_download { color: #fbbf24; }

.avsl-verdict h2 { margin: 0 0 .4rem; font-size: 1.25rem; font-weight: 600; line-height: 1.35; }
.avsl-verdict ul {
  display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: 0; padding: 0; list-style: none;
  font-size: .9rem;
}
.avsl-verdict li { margin: 0; }
.avsl-verdict b, .avsl-moment b { color: var(--body-text-color); font-weight: 600; }
.dot {
  display: inline-block; width: .7em; height: .7em; margin-right: .45em; border-radius: 50%;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 25%);
}

/* gradio's progress: below the words instead of across them; twice, to outweigh its own */
.avsl-status.avsl-status .pending { opacity: 1; }
.avsl-status.avsl-status [data-testid=status-tracker] {
  bottom: 0; justify-content: flex-end; padding: 0 1.2rem 1.1rem !important; background: none;
}
.avsl-status.avsl-status .progress-text { top: 1rem; right: 1.2rem; padding: 0; transform: none; }
.avsl-status.avsl-status .progress-level { align-items: flex-start; width: 100%; gap: .45rem; }
.avsl-status.avsl-status .progress-level-inner { margin: 0; overflow-wrap: anywhere; }
.avsl-status.avsl-status .progress-text, .avsl-status.avsl-status .progress-level-inner {
  font: .875rem var(--font); color: var(--body-text-color-subdued);
}
.avsl-status.avsl-status .progress-bar-wrap {
  width: 100%; height: 6px; border: 0; border-radius: 3px; overflow: hidden;
  background: var(--border-color-primary);
}

#video video, #picture img { max-height: 210px; }
#overlay video { max-height: 70vh; }
/* trimming would fetch an encoder from elsewhere */
[aria-label="Trim video to selection"] { display: none !important; }

.avsl-picture {
  width: 100%; max-height: 70vh; margin: 0; border-radius: 8px; object-fit: contain;
  background: var(--block-background-fill);
}
.avsl-moment p { margin: 0 0 .5rem; font-size: 1rem; }
.avsl-moment dl, .avsl-provenance dl { margin: 0; font-size: .875rem; }
.avsl-moment dl > div { display: flex; gap: .6rem; line-height: 1.6; }
.avsl-moment dt { width: 6rem; }
.avsl-moment dd, .avsl-provenance dd { margin: 0; overflow-wrap: anywhere; }

.avsl-notes, .avsl-provenance {
  padding-top: .8rem; border-top: 1px solid var(--block-border-color);
}
.avsl-notes h3, .avsl-provenance h3 { margin: 0 0 .25rem; font-size: .9rem; font-weight: 600; }
.avsl-notes ul {
  margin: 0; padding-left: 1.1rem; font-size: .875rem; line-height: 1.5; overflow-wrap: anywhere;
}
.avsl-provenance dl {
  display: grid; gap: .5rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
}

.avsl-choices { gap: .8rem; }
.avsl-sources { align-items: center; gap: .6rem; }
.avsl-asked { margin: 0; font-size: .875rem; line-height: 1.5; }
.avsl-asked > div { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .15rem 0; }
.avsl-asked dt { flex: 0 0 9rem; font-weight: 600; overflow-wrap: anywhere; }
.avsl-asked dd {
  flex: 1 1 20rem; margin: 0; color: var(--body-text-color-subdued); overflow-wrap: anywhere;
}

.avsl-table {
  margin-top: .5rem; overflow-x: auto; contain: inline-size; border-radius: 10px;
  border: 1px solid var(--block-border-color); background: var(--block-background-fill);
}
.avsl-table table { width: 100%; border-collapse: collapse; font-size: .9rem; }
.avsl-table caption {
  padding: .6rem .8rem 0; text-align: left; font-size: .8rem;
  color: var(--body-text-color-subdued);
}
.avsl-table th, .avsl-table td { padding: 0; text-align: left; vertical-align: middle; }
.avsl-table tbody tr { border-top: 1px solid var(--block-border-color); }
.avsl-table tbody tr:hover { background: var(--background-fill-secondary); }
.avsl-table th:first-child {
  position: sticky; left: 0; z-index: 1; min-width: 6.5rem; max-width: 16rem;
  background: var(--block-background-fill); overflow-wrap: anywhere;
}
.avsl-table tbody th { padding: .55rem .8rem; font-weight: 550; }
.avsl-table td > span {
  display: block; padding: .55rem .8rem; color: var(--body-text-color-subdued);
}
.avsl-table td { font-variant-numeric: tabular-nums; }
.avsl-table button {
  display: block; width: 100%; padding: .55rem .8rem; border: 0; background: none;
  color: inherit; font: inherit; text-align: left; cursor: pointer;
}
.avsl-table thead button { font-weight: 600; white-space: nowrap; }
.avsl-table button:focus-visible { outline-offset: -3px; }
.avsl-table thead button::after { content: "↕"; margin-left: .4em; opacity: .35; }
.avsl-table [aria-sort] button { color: var(--primary-600); }
.dark .avsl-table [aria-sort] button { color: var(--primary-300); }
.avsl-table [aria-sort=ascending] button::after { content: "↑"; opacity: 1; }
.avsl-table [aria-sort=descending] button::after { content: "↓"; opacity: 1; }
.avsl-table td b { font-size: 1.02rem; font-weight: 600; }
.avsl-table small {
  display: block; font-size: .78rem; line-height: 1.4; white-space: nowrap;
  color: var(--body-text-color-subdued);
}
.avsl-table small.short { color: #b45309; }
.dark .avsl-table small.short { color: #fbbf24; }
.avsl-table .best {
  margin-left: .3em; padding: 0 .55em; border: 1px solid currentcolor; border-radius: 99px;
  font-size: .72rem; font-style: normal; color: #15803d;
}
.dark .avsl-table .best { color: #4ade80; }

.avsl-plots {
  display: grid; gap: 1.2rem 2rem; margin-top: .6rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
}
.avsl-plots figure { margin: 0; max-width: 35rem; }
.avsl-plots figcaption, .avsl-cases h3 { margin: 0 0 .5rem; font-size: .9rem; font-weight: 600; }
.avsl-plots svg { display: block; width: 100%; height: auto; overflow: visible; }
.avsl-plots text { font-size: 11px; fill: var(--body-text-color); }
.avsl-plots .value, .avsl-plots .tick, .avsl-plots .axis { fill: var(--body-text-color-subdued); }
.avsl-plots .value { font-variant-numeric: tabular-nums; }
.avsl-plots .tick { font-size: 9.5px; }
.avsl-plots .grid { stroke: var(--block-border-color); }
.avsl-plots .touch { fill: transparent; }
.avsl-plots .bar { cursor: pointer; }
.avsl-plots .bar:hover .touch { fill: var(--body-text-color); opacity: .05; }
.avsl-plots .fill { fill: var(--tint); }
.avsl-plots .range { stroke: var(--body-text-color); stroke-width: 1.2; fill: none; opacity: .75; }
.avsl-plots .line { stroke: var(--tint); stroke-width: 2; fill: none; stroke-linejoin: round; }
.avsl-plots circle { fill: var(--tint); opacity: 0; }
.avsl-plots circle:hover { opacity: 1; }
.avsl-plots .d1 .line { stroke-dasharray: 7 3; }
.avsl-plots .d2 .line { stroke-dasharray: 2 3; }
.avsl-plots .d3 .line { stroke-dasharray: 9 3 2 3; }
.avsl-plots ul {
  display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .5rem 0 0; padding: 0;
  list-style: none; font-size: .82rem;
}
.avsl-plots li { display: flex; align-items: center; gap: .4rem; margin: 0; }
.avsl-plots li { overflow-wrap: anywhere; }
.avsl-plots li svg { flex: none; width: 24px; height: 8px; }
.v0 { --tint: #6d63ba; } .v1 { --tint: #2b8a7e; } .v2 { --tint: #b7791f; }
.v3 { --tint: #b8496b; } .v4 { --tint: #64748b; } .v5 { --tint: #2f7fb5; }
.v6 { --tint: #6b7f2a; } .v7 { --tint: #8a5a3c; }
.dark .v0 { --tint: #9d95dc; } .dark .v1 { --tint: #52b5a8; } .dark .v2 { --tint: #d9a94f; }
.dark .v3 { --tint: #de839f; } .dark .v4 { --tint: #98a6ba; } .dark .v5 { --tint: #6fb1de; }
.dark .v6 { --tint: #a9bd60; } .dark .v7 { --tint: #c99a7d; }

.avsl-cases { padding-top: .8rem; border-top: 1px solid var(--block-border-color); }
.avsl-cases h2:focus { outline: none !important; }
.avsl-cases > ul {
  margin: .4rem 0 .8rem; padding-left: 1.1rem; font-size: .875rem; line-height: 1.5;
  color: var(--body-text-color-subdued); overflow-wrap: anywhere;
}
.avsl-cases h3 { margin: 1rem 0 0; }
.avsl-cases .shelf {
  display: grid; gap: .9rem; margin-top: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
}
.avsl-cases .case { min-width: 0; margin: 0; font-size: .85rem; }
.avsl-cases .case.wide { grid-column: 1 / -1; }
.avsl-cases .case button {
  display: block; width: 100%; padding: 0; border: 0; border-radius: 6px; overflow: hidden;
  background: none; cursor: zoom-in;
}
.avsl-cases .case.wide button { cursor: zoom-out; }
.avsl-cases .case img { display: block; width: 100%; height: auto; margin: 0; }
.avsl-cases .missing {
  margin: 0; padding: .9rem; border: 1px dashed var(--block-border-color); border-radius: 6px;
  color: var(--body-text-color-subdued);
}
.avsl-cases figcaption { padding-top: .3rem; overflow-wrap: anywhere; }
.avsl-cases small { color: var(--body-text-color-subdued); }
.avsl-fold { padding: .6rem 0; border-top: 1px solid var(--block-border-color); }
.avsl-fold summary { font-size: .9rem; font-weight: 600; cursor: pointer; }
.avsl-fold dl { padding-top: .4rem; white-space: pre-line; }
.avsl-hint a { color: var(--primary-600); text-decoration: underline; }
.dark .avsl-hint a { color: var(--primary-300); }

@media (max-width: 640px) {
  .avsl-plots text { font-size: 13px; }
  .avsl-plots .tick { font-size: 11.5px; }
  header h1 { font-size: 1.35rem; }
  .tab-container.tab-container button { padding: 0 .5rem; font-size: .875rem; }
}
"""

# gradio confines CSS to below its frame and the place of its toasts: what concerns these is here;
# toasts must not lie over the sentence, and a phone has no room for wide edges
HEAD = """<style>
@media (min-width: 641px) { .toast-wrap { top: auto !important; bottom: 1rem; } }
@media (max-width: 640px) { .gradio-container > .main.main { padding: 1rem .8rem; } }
</style>"""

# gradio calls it an error when the browser cannot play an upload, which avsl may well read
GENTLER_TOASTS = (
    "() => new MutationObserver(() => {"
    "for (const text of document.querySelectorAll('.toast-message-text'))"
    "if (text.textContent.trim() === 'Video not playable') text.textContent = "
    f"{json.dumps(copy.NO_PREVIEW)};"
    "}).observe(document.body, {childList: true, subtree: true})"
)

# runs once for each piece of the Benchmark tab: sorts, enlarges, says which figure was pressed
BENCHMARK_SCRIPT = """
element.addEventListener('click', (event) => {
  const near = (what) => event.target.closest(what);
  const head = near('thead th'), figure = near('[data-variant]'), picture = near('.case button');
  if (head) sort(head);
  if (figure) trigger('click', {...figure.dataset});
  if (picture) picture.ariaExpanded = picture.parentElement.classList.toggle('wide');
});
function sort(head) {
  const opposite = {ascending: 'descending', descending: 'ascending'};
  const order = opposite[head.ariaSort] ?? head.dataset.first;
  for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
  head.ariaSort = order;
  const key = (row) => {
    const cell = row.cells[head.cellIndex];
    return 'value' in cell.dataset ? cell.dataset.value : cell.textContent;
  };
  const body = head.closest('table').tBodies[0], rows = [...body.rows];
  const compare = (a, b) => a.localeCompare(b, undefined, {numeric: true});
  const byKey = (a, b) => isNaN(a) || isNaN(b) ? compare(a, b) : a - b;
  const sign = order === 'ascending' ? 1 : -1;
  rows.sort((a, b) => !key(a) - !key(b) || sign * byKey(key(a), key(b)));
  body.append(...rows);
}
"""
SHOW_CASES = """() => {
  const heading = document.querySelector('#benchmark-cases h2');
  heading?.focus({preventScroll: true});
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  heading?.scrollIntoView({behavior: still ? 'auto' : 'smooth', block: 'start'});
}"""
