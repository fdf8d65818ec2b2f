"""The app's looks: one calm theme in light and dark, system fonts, nothing fetched."""

import gradio as gr

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
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
    )


CSS = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
.html-container { padding: 0 !important; }
.avsl-examples { display: grid !important; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem; }
.avsl-examples button { height: 100%; min-height: 2.6rem; font-weight: 500; }
footer .divider { display: none; }
header h1 { font-size: 1.6rem; font-weight: 650; margin: .6rem 0 .2rem; letter-spacing: -.01em; }
header p { color: var(--body-text-color-subdued); margin: 0; max-width: 62rem; line-height: 1.5; }
.avsl-hint { color: var(--body-text-color-subdued); font-size: .875rem; line-height: 1.45; margin: 0; }
.avsl-heading { font-size: 1.05rem; font-weight: 600; margin: .4rem 0 0; }
.avsl-message { border: 1px solid var(--block-border-color); border-radius: 10px; padding: 1.1rem 1.25rem;
  background: var(--block-background-fill); min-height: 7.5rem; }
.avsl-message h2 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .25rem; }
.avsl-message p { margin: 0; color: var(--body-text-color-subdued); line-height: 1.5; overflow-wrap: anywhere; }
.avsl-message.problem { border-left: 4px solid #c2410c; }
.avsl-message.problem p { color: var(--body-text-color); }
.avsl-verdict h2 { font-size: 1.25rem; font-weight: 600; line-height: 1.35; margin: 0 0 .4rem; }
.avsl-verdict ul { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: 0; padding: 0;
  font-size: .9rem; color: var(--body-text-color-subdued); }
.avsl-verdict li { margin: 0; }
.avsl-verdict b, .avsl-moment b { color: var(--body-text-color); font-weight: 600; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .45em;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 25%); }
.avsl-notes h3, .avsl-provenance h3 { font-size: .9rem; font-weight: 600; margin: 0 0 .25rem; }
.avsl-notes ul { margin: 0; padding-left: 1.1rem; font-size: .875rem; line-height: 1.5;
  color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
.avsl-timeline { overflow-x: auto; border-radius: 8px; contain: inline-size; }
.avsl-timeline img { width: 100%; min-width: 640px; margin: 0; }
.avsl-timeline img.dark, .dark .avsl-timeline img.light { display: none; }
.dark .avsl-timeline img.dark { display: block; }
.avsl-picture { width: 100%; max-height: 70vh; object-fit: contain; border-radius: 8px; margin: 0;
  background: #000; }
#video video, #picture img { max-height: 240px; }
#video .upload-container, #picture .upload-container { min-height: 11rem; }
#overlay video { max-height: 70vh; }
[aria-label="Trim video to selection"], #video video, #picture img { max-height: 240px; }
#video .upload-container, #picture .upload-container { min-height: 11rem; }
#overlay video { max-height: 70vh; }
[aria-label="Trim video"] { display: none !important; }
.avsl-moment p { margin: 0 0 .5rem; font-size: 1rem; }
.avsl-moment dl, .avsl-provenance dl { margin: 0; font-size: .875rem; }
.avsl-moment dl > div { display: flex; gap: .6rem; line-height: 1.6; }
.avsl-moment dt { width: 6rem; }
.avsl-provenance dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .5rem 1.5rem; }
.avsl-moment dt, .avsl-provenance dt { color: var(--body-text-color-subdued); }
.avsl-moment dd, .avsl-provenance dd { margin: 0; overflow-wrap: anywhere; }
.avsl-notes, .avsl-provenance { border-top: 1px solid var(--block-border-color); padding-top: .8rem; }
.avsl-card { padding: 0 .8rem .8rem; background: var(--block-background-fill); font-size: .875rem; line-height: 1.5; color: var(--body-text-color-subdued); }
.avsl-card p { color: inherit; margin: .25rem 0 0; }
.avsl-card .state { display: inline-block; border: 1px solid currentcolor; border-radius: 99px; padding: 0 .6em;
  font-size: .8rem; }
.avsl-card .state.ready { color: #15803d; }
.dark .avsl-card .state.ready { color: #4ade80; }
.avsl-card .state.needs_download { color: #b45309; }
.dark .avsl-card .state.needs_download { color: #fbbf24; }
:focus-visible { outline: 2px solid var(--primary-500) !important; outline-offset: 2px; }
@media (max-width: 640px) {
  header h1 { font-size: 1.35rem; }
  .gradio-container { padding-left: .5rem !important; padding-right: .5rem !important; }
}
"""
