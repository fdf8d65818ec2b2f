"""From the released checkpoints to our networks: names, sizes, strict checks. Knows no files.

CLIPSeg as on the Hub (transformers names), BEATs as Microsoft released it, ACL as its authors did.
Sizes are read off the tensors' shapes, so that small networks in the same formats load too.
"""

from dataclasses import asdict, dataclass, field

import torch
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from torch import Tensor

from avsl.models.acl import ACL, Masker
from avsl.models.audio_tokenizer import AudioTokenizer
from avsl.models.beats import BEATs, BEATsConfig
from avsl.models.clip import ConvStem, TextTower, VisionTower
from avsl.models.clipseg import CLIPSegDecoder

State = dict[str, Tensor]


@dataclass(frozen=True)
class CLIPSegConfig:
    """Sizes of CLIP and of CLIPSeg's decoder; the defaults are clipseg-rd64-refined's."""

    embed: int = 512
    vision_width: int = 768
    vision_layers: int = 12
    vision_heads: int = 12
    vision_ffn: int = 3072
    patch: int = 16
    native_px: int = 224
    text_width: int = 512
    text_layers: int = 12
    text_heads: int = 8
    text_ffn: int = 2048
    context: int = 77
    vocabulary: int = 49408
    words: tuple[int, ...] = ()  # the token ids a small vocabulary consists of; () for all
    stem: tuple[int, ...] = ()  # channels of a convolutional stem; () for CLIP's plain patches
    decoder_width: int = 64
    decoder_heads: int = 4
    decoder_ffn: int = 2048
    blocks: tuple[int, ...] = (3, 6, 9)  # vision blocks the decoder sees, counted from zero


@dataclass(frozen=True)
class ACLConfig:
    """What it takes to build an :class:`ACL`; travels with the weights."""

    beats: BEATsConfig = field(default_factory=BEATsConfig)
    clipseg: CLIPSegConfig = field(default_factory=CLIPSegConfig)
    beats_blocks: tuple[int, ...] = (4, 8, 12)  # counted from one

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "ACLConfig":
        clipseg = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values["clipseg"].items()
        }
        return cls(
            BEATsConfig(**values["beats"]),
            CLIPSegConfig(**clipseg),
            tuple(values["beats_blocks"]),
        )


def build(config: ACLConfig) -> ACL:
    """An ACL of these sizes with random weights, in evaluation mode; ``config`` stays with it."""
    sizes = config.clipseg
    clip = _clip(sizes)
    model = ACL(
        BEATs(config.beats),
        AudioTokenizer(
            len(config.beats_blocks) * config.beats.encoder_embed_dim, sizes.text_width
        ),
        VisionTower(clip),
        TextTower(clip, sizes.words),
        CLIPSegDecoder(
            sizes.vision_width, sizes.embed, sizes.decoder_width, sizes.decoder_ffn,
            sizes.decoder_heads, len(sizes.blocks), sizes.patch,
        ),
        Masker(),
        config.beats_blocks,
        sizes.blocks,
    )  # fmt: skip
    model.config = config
    return model.eval()


def _clip(sizes: CLIPSegConfig) -> CLIP:
    vision = CLIPVisionCfg(
        layers=sizes.vision_layers,
        width=sizes.vision_width,
        head_width=sizes.vision_width // sizes.vision_heads,
        mlp_ratio=sizes.vision_ffn / sizes.vision_width,
        patch_size=sizes.patch,
        image_size=sizes.native_px,
    )
    text = CLIPTextCfg(
        context_length=sizes.context,
        vocab_size=sizes.vocabulary,
        width=sizes.text_width,
        heads=sizes.text_heads,
        layers=sizes.text_layers,
        mlp_ratio=sizes.text_ffn / sizes.text_width,
    )
    clip = CLIP(sizes.embed, vision, text, quick_gelu=True)
    if sizes.stem:
        clip.visual.conv1 = ConvStem(sizes.stem, sizes.vision_width, sizes.patch)
    return clip


def from_published(
    clipseg: State, clipseg_config: dict, beats: dict, acl: dict | None = None
) -> ACL:
    """Assemble an ACL from the three released checkpoints' contents.

    ``clipseg``: state dict; ``clipseg_config``: its config.json; ``beats``: ``{"cfg", "model"}``;
    ``acl``: ``{"audio_proj", "masker_i"}``, or None for new ones that are yet to learn. Raises
    ``KeyError``, ``RuntimeError`` or ``ValueError`` naming the tensor that is missing, too many or
    of another shape.
    """
    clipseg = undistributed(clipseg)
    config = ACLConfig(
        BEATsConfig.from_published(beats["cfg"]), clipseg_sizes(clipseg, clipseg_config)
    )
    model = build(config)
    model.beats.load_state_dict(beats_names(undistributed(beats["model"])))
    if acl is not None:
        model.audio_proj.load_state_dict(undistributed(acl["audio_proj"]))
        model.masker.load_state_dict(undistributed(acl["masker_i"]))
    clip = _clip(config.clipseg)
    clip.load_state_dict(clip_names(_below(clipseg, "clip.")))
    model.vision.load_state_dict(VisionTower(clip).state_dict())
    model.text.load_state_dict(TextTower(clip).state_dict())
    model.decoder.load_state_dict(_below(clipseg, "decoder."))
    return model


def undistributed(state: State) -> State:
    """Names without the "module." that training on several devices puts before each."""
    return {name.removeprefix("module."): value for name, value in state.items()}


def clipseg_sizes(state: State, config: dict) -> CLIPSegConfig:
    """Sizes from the tensors, head counts and blocks from the config."""

    def shape(name: str) -> torch.Size:
        return state[name].shape

    vision, text = "clip.vision_model.", "clip.text_model."
    embed, vision_width = shape("clip.visual_projection.weight")
    patch = shape(f"{vision}embeddings.patch_embedding.weight")[-1]
    side = round((shape(f"{vision}embeddings.position_embedding.weight")[0] - 1) ** 0.5)
    vocabulary, text_width = shape(f"{text}embeddings.token_embedding.weight")
    default = CLIPSegConfig()
    return CLIPSegConfig(
        embed=embed,
        vision_width=vision_width,
        vision_layers=_layers(state, vision),
        vision_heads=config["vision_config"].get("num_attention_heads", default.vision_heads),
        vision_ffn=shape(f"{vision}encoder.layers.0.mlp.fc1.weight")[0],
        patch=patch,
        native_px=side * patch,
        text_width=text_width,
        text_layers=_layers(state, text),
        text_heads=config["text_config"].get("num_attention_heads", default.text_heads),
        text_ffn=shape(f"{text}encoder.layers.0.mlp.fc1.weight")[0],
        context=shape(f"{text}embeddings.position_embedding.weight")[0],
        vocabulary=vocabulary,
        decoder_width=shape("decoder.film_mul.weight")[0],
        decoder_heads=config.get("decoder_num_attention_heads", default.decoder_heads),
        decoder_ffn=shape("decoder.layers.0.mlp.fc1.weight")[0],
        blocks=tuple(config.get("extract_layers", default.blocks)),
    )


def _layers(state: State, tower: str) -> int:
    prefix = f"{tower}encoder.layers."
    return 1 + max(int(n[len(prefix) :].split(".")[0]) for n in state if n.startswith(prefix))


def _below(state: State, prefix: str) -> State:
    return {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}


def beats_names(state: State) -> State:
    """Released BEATs names to ours: one shared position table, torch's current weight norm."""
    renamed = {}
    for name, value in state.items():
        if name.endswith("relative_attention_bias.weight"):
            name = "encoder.relative_attention_bias.weight"  # every block holds the same table
        name = name.replace("pos_conv.0.weight_g", "pos_conv.0.parametrizations.weight.original0")
        name = name.replace("pos_conv.0.weight_v", "pos_conv.0.parametrizations.weight.original1")
        renamed.setdefault(name, value)
    return renamed


_CLIP_NAMES = {  # open_clip's: transformers'
    "logit_scale": "logit_scale",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre": "vision_model.pre_layrnorm",  # their spelling
    "visual.ln_post": "vision_model.post_layernorm",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final": "text_model.final_layer_norm",
}
_BLOCK_NAMES = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def clip_names(state: State) -> State:
    """A transformers CLIP under open_clip's names, float32; every tensor is used."""
    rest = {name: value for name, value in state.items() if not name.endswith("position_ids")}
    out: State = {}

    def move(ours: str, theirs: str) -> None:
        for end in ("", ".weight", ".bias"):
            if theirs + end in rest:
                out[ours + end] = rest.pop(theirs + end)

    for ours, theirs in _CLIP_NAMES.items():
        move(ours, theirs)
    for ours, theirs in (("visual.transformer", "vision_model"), ("transformer", "text_model")):
        for index in range(_layers(state, f"{theirs}.")):
            block, source = f"{ours}.resblocks.{index}", f"{theirs}.encoder.layers.{index}"
            for kind in ("weight", "bias"):
                parts = [rest.pop(f"{source}.self_attn.{letter}_proj.{kind}") for letter in "qkv"]
                out[f"{block}.attn.in_proj_{kind}"] = torch.cat(parts)
            for part, name in _BLOCK_NAMES.items():
                move(f"{block}.{part}", f"{source}.{name}")
    out["visual.proj"] = rest.pop("visual_projection.weight").T
    out["text_projection"] = rest.pop("text_projection.weight").T
    if rest:
        raise ValueError(f"Tensors of CLIP that have no place: {', '.join(sorted(rest)[:5])}.")
    return {name: value.float().contiguous() for name, value in out.items()}
