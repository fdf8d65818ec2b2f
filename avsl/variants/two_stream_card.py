"""What a two-stream variant says of itself where its folder does not; light, loads no network."""

from avsl.variants.base import State, VariantCard

MAP_RULE = "sigmoid((cosine - 0.4) / 0.2) of the mean cosine over the heads"

TWO_STREAM_CARD = VariantCard(
    name="two-stream",
    title="Two streams",
    summary="Marks the places of a frame that look like what is heard, by two small networks.",
    limits="Outlines are rough, and each frame is judged by itself.",
    state=State.READY,
    licence="not stated",
    paper="Chen et al., CVPR 2021 (LVS); Mo and Morgado, ECCV 2022 (EZ-VSL)",
    threshold=0.5,
    threshold_rule=f"a cosine of 0.4; maps are {MAP_RULE}; not calibrated",
    confidence_gate=0.1,
    confidence_rule="how far the mean of the map's strongest quarter (as SLAVC, NeurIPS 2022) lies "
    "above that for silence and for white noise on the same frame, in map units",
    map_rate_hz=5.0,
)
