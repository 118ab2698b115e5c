"""The book of rules: every diagnostic there is, numbered, with its severity, its text, its cure and where it comes from.

SB0..  YAML          SB1..  the language       SB2..  names, Jinja, templates
SB3..  what fal and Kling refuse                SB4..  stills and element videos
SB5..  storyboard.lock
SB6..  the project's settings
SB7..  the cut
SB8..  writing
"""

from __future__ import annotations

from storyboard.rules.book_of_continuing import OF_CONTINUING
from storyboard.rules.book_of_cuts import OF_CUTS
from storyboard.rules.book_of_includes import OF_INCLUDES
from storyboard.rules.book_of_near_misses import OF_NEAR_MISSES
from storyboard.rules.book_of_settings import OF_SETTINGS
from storyboard.rules.book_of_sources import OF_SOURCES
from storyboard.rules.book_of_voices import OF_VOICES
from storyboard.rules.book_of_writing import OF_WRITING
from storyboard.rules.rule import LANGUAGE, Rule, error, warning

YAML_12 = "YAML 1.2.2, yaml.org/spec, and this program's own bounds"
SCHEMA = "fal's input schema of kling-video v3, read 2026-10-04"
TURBO = "fal's pages of kling-video v3 turbo, read 2026-10"
LIVE = "refusals recorded from live fal and Kling, 2026-07 to 2026-09"
KLING = "Kling's API documentation, app.klingai.com, read 2026-10"
LOCK = "the form of storyboard.lock, version 1"
MEDIA = "fal's field metadata of kling-video v3, read 2026-10-04"


BOOK: dict[str, Rule] = {
    # YAML
    "SB001": error("the file is larger than {limit} ({size} bytes)", YAML_12),
    "SB002": error("not UTF-8 at byte {offset}", YAML_12),
    "SB003": error("{problem}", YAML_12),
    "SB004": error("tags are not allowed: {tag}", YAML_12, "write the value without its tag"),
    "SB005": error("the key `{key}` stands here twice", YAML_12, "keep one of the two"),
    "SB006": error("directives are not allowed", YAML_12, "remove the line that begins with %"),
    "SB007": error(
        "aliases expand to more than {limit} nodes", YAML_12, "use `defaults` or `vars` for what is shared"
    ),
    "SB008": error("the anchor `{name}` contains itself", YAML_12),
    "SB009": error("a second document begins here", YAML_12, "one storyboard a file: remove the `---`"),
    "SB010": error("a value is longer than {limit} characters", YAML_12),
    "SB011": error("nested deeper than {limit} levels", YAML_12),
    "SB012": error("there is no anchor `{name}` above", YAML_12),
    "SB013": error("merge keys (`<<`) are not allowed", YAML_12, "what scenes share belongs into `defaults`"),
    "SB014": error("keys must be text", YAML_12),
    "SB015": error("{character} is not allowed", YAML_12, "remove it"),
    "SB016": error("the file is empty", LANGUAGE, "`storyboard init` writes a storyboard to begin with"),
    "SB017": error("more than {limit} values", YAML_12),
    # the language
    "SB101": error("unknown key `{key}`", LANGUAGE),
    "SB102": error("`{key}` is missing", LANGUAGE),
    "SB103": error("expected {expected}, found {found}", LANGUAGE),
    "SB104": error("`{value}` is not {expected}", LANGUAGE),
    "SB105": error(
        "this storyboard is of version `{value}`; this program reads version 1",
        LANGUAGE,
        "write `storyboard: 1`",
    ),
    "SB106": error("a duration is whole seconds: `{value}`", LANGUAGE, "write {cure}"),
    "SB107": error(
        "`{value}` is not an id",
        LANGUAGE,
        "ids are letters, digits, `_`, `-` and `.`, at most 64 of them, and begin with a letter or digit",
    ),
    "SB108": error("the id `{id}` is taken", LANGUAGE, "give one of the two another id"),
    "SB109": error(
        "`{key}` belongs to a shot when a scene has several",
        LANGUAGE,
        "move it into the shot that it is meant for",
    ),
    "SB110": error(
        "the scene says {said} s, its shots add up to {sum} s",
        LANGUAGE,
        "leave the scene's `duration` out, or make the two equal",
    ),
    "SB111": error(
        "a shot is a mapping or `id Ns: text`, not {found}",
        LANGUAGE,
        "for example `- wide 4s: the street at dawn`, or `id:`, `duration:` and `prompt:`",
    ),
    "SB112": error("nothing to send: the {what} has no prompt", LANGUAGE, "give it a `prompt`"),
    "SB113": error("unknown endpoint `{name}`", LANGUAGE),
    "SB115": warning(
        "`{lost}` behind ` #` is a comment, not part of the text",
        LANGUAGE,
        'is it text? quote all of it: `"… {lost}"`; is it a remark? leave a blank: `# {remark}`',
    ),
    "SB116": error("a list or a mapping stands where text is meant", LANGUAGE),
    "SB117": warning("the prompt section `{section}` is empty", LANGUAGE, "fill it, or remove the key"),
    "SB118": error(
        "an amount of money is a plain number of USD: `{value}`", LANGUAGE, "write for example 12.00"
    ),
    "SB119": error("unknown price book `{name}`", LANGUAGE),
    "SB120": error("there is no scene `{name}`", LANGUAGE),
    "SB123": error("the storyboard has no scenes", LANGUAGE, "add a list `scenes:` with at least one scene"),
    "SB124": error(
        "line of dialogue without words", LANGUAGE, "write `speaker: words`, or a beat like `a long silence`"
    ),
    "SB125": error(
        "a scene has `prompt: {{verbatim: …}}` and several shots",
        LANGUAGE,
        "verbatim text belongs to a shot, or to a scene that is its own shot",
    ),
    "SB126": warning(
        "dialogue is not sent while audio is off",
        LANGUAGE,
        "set `generate_audio: true`, or keep it for the subtitles",
    ),
    "SB128": warning("YAML takes `&{name}` for an anchor, not for text", YAML_12, "write the text with `>-`"),
    "SB131": warning(
        "the scene's own text is not sent: each of its shots has a text",
        LANGUAGE,
        "what shots share belongs into sections like `scene` or `important_details`",
    ),
    "SB132": warning(
        "dialogue is not sent beside a verbatim prompt", LANGUAGE, "write it into the verbatim text"
    ),
    # names, Jinja, templates
    "SB201": error("unknown element `@{name}`", LANGUAGE),
    "SB202": error(
        "`@{written}` runs on after the element's name `@{name}`",
        LANGUAGE,
        "did you mean `@{name}`? An element's name may not be followed by a letter, a digit or `_`",
    ),
    "SB203": error(
        "`@{name}` is written by hand", LANGUAGE, "positions are computed: name the element, like @{example}"
    ),
    "SB204": warning(
        "the element `{name}` is never used", LANGUAGE, "write @{name} in a prompt, or remove it"
    ),
    "SB205": error("unknown voice `{name}`", LANGUAGE),
    "SB206": error("`{name}` is not defined", LANGUAGE),
    "SB207": error("Jinja: {problem}", LANGUAGE),
    "SB208": error("Jinja: {what} is not available in a storyboard", LANGUAGE, "{cure}"),
    "SB209": error(
        "Jinja: {problem}",
        LANGUAGE,
        "renders are bounded so that a storyboard can't stall or fill the machine",
    ),
    "SB210": error(
        "the name `{name}` is not an element's or voice's name",
        LANGUAGE,
        "letters of any script, digits, `_` and `-`",
    ),
    "SB211": error("the template `{name}` can't be used: {problem}", LANGUAGE),
    "SB212": error("a name ends here: `@` with nothing behind it", LANGUAGE, "write `@@` for a plain @"),
    "SB213": warning(
        "the element `{name}` is listed but never tagged",
        KLING,
        "write @{name} in a prompt: an untagged element has little effect",
    ),
    "SB214": warning(
        "the voice `{name}` is never used", LANGUAGE, "let it speak in `dialogue`, or remove it"
    ),
    "SB215": error(
        "the element `{name}` has neither media nor a description",
        LANGUAGE,
        "give it `frontal_image` and `reference_images`, a `video`, or a `description`",
    ),
    "SB216": error(
        "`{name}` is a name of the language: a var can't be called so", LANGUAGE, "choose another name"
    ),
    "SB217": error(
        "names are not resolved in `{field}`",
        LANGUAGE,
        "write in words what is meant, and `@@` for a plain @",
    ),
    "SB218": error(
        "`{text}` would be sent as it stands", LANGUAGE, "positions are computed: name the element or voice"
    ),
    # what fal and Kling refuse
    "SB301": error("{count} shots: a request holds {bound}", KLING, "{cure}"),
    "SB302": error("a shot of {seconds} s: {least} to {most} s are possible", SCHEMA),
    "SB303": error("a clip of {seconds} s: {least} to {most} s are possible", SCHEMA, "{cure}"),
    "SB304": error("the shot's prompt counts {count} characters, the limit is {limit}", LIVE),
    "SB305": warning(
        "the shot's prompt counts {count} characters of {limit}; Kling's own count may differ a little", LIVE
    ),
    "SB306": error("the prompt has {count} characters, the limit is {limit}", SCHEMA),
    "SB307": error(
        "an end image is refused together with several shots",
        LIVE,
        "give the end image to a scene of one shot",
    ),
    "SB308": error(
        "the element `{name}` needs a frontal image and at least one reference image",
        LIVE,
        "the frontal image may be repeated as the reference",
    ),
    "SB309": error("the element `{name}` has images and a video: one or the other", SCHEMA),
    "SB310": error("{count} elements with a video in one request; {limit} is possible", SCHEMA),
    "SB311": error("{count} elements in one request, the limit is {limit}", KLING),
    "SB312": warning(
        "{count} elements in one request; Kling's guidance for image-to-video is {limit}", KLING
    ),
    "SB313": error(
        "the element `{name}` has {count} reference images; {least} to {most} are possible", SCHEMA
    ),
    "SB314": error("a voice belongs to an element with a video; `{name}` has images", SCHEMA),
    "SB315": error("{count} voices in one request, the limit is {limit}", SCHEMA),
    "SB316": error("the voice `{name}` can't be heard here: {why}", KLING, "{cure}"),
    "SB317": warning(
        "fal's present schema ignores `{key}`: it is sent, probably without effect", SCHEMA, "{cure}"
    ),
    "SB318": error("`{key}` is not an input of {endpoint}", SCHEMA),
    "SB319": error("`{endpoint}` needs `{key}`", SCHEMA, "{cure}"),
    "SB320": error("`{key}` is {value}; {least} to {most} is possible", SCHEMA),
    "SB321": error("`negative_prompt` has {count} characters, the limit is {limit}", SCHEMA),
    "SB322": warning("the voice of `{name}` is not sent while audio is off", SCHEMA),
    "SB323": warning("the prompt has {count} characters; fal advises less than {limit}", TURBO),
    "SB324": error(
        "what `{endpoint}` costs with an element that has a video (`{name}`) is not known",
        "fal's page of kling-video o3 4k reference-to-video, read 2026-11",
        "give the element images instead, or choose an endpoint that has a price for it",
    ),
    "SB325": error(
        "`{endpoint}` always makes sound",
        TURBO,
        "write `generate_audio: true` here, or choose an endpoint where it can be switched off",
    ),
    "SB326": warning(
        "`{key}` is not an input of {endpoint}: it is not sent",
        SCHEMA,
        "leave it out; where it is inherited, `{key}: null` says so",
    ),
    # stills and element videos
    "SB401": error("there is no file {path}", MEDIA, "paths are relative to the file in which they stand"),
    "SB402": error("{path} is a folder or device, not a file", MEDIA),
    "SB403": error("{path} can't be read: {detail}", MEDIA),
    "SB404": error(
        "{path} leaves the project folder",
        LANGUAGE,
        "copy the file into the project; nothing outside it is ever uploaded",
    ),
    "SB405": error("{path} is empty (0 bytes)", MEDIA),
    "SB406": error("{path} is a git-lfs pointer, not the file itself", MEDIA, "run `git lfs pull`"),
    "SB407": error("{path} is damaged: {detail}", MEDIA),
    "SB408": error("{path} is {found}; {expected} is needed", MEDIA, "{cure}"),
    "SB409": error("{path} is {width} x {height}; each side needs at least {least} pixels", MEDIA),
    "SB410": error("{path} has {size} bytes; the limit is {limit}", MEDIA),
    "SB411": error("{path} is {width} x {height}, a ratio of {ratio}; {least} to {most} is possible", MEDIA),
    "SB412": error("{path} lasts {seconds} s; {least} to {most} s are possible", MEDIA),
    "SB413": error(
        "{path} is {width} x {height}; each side from {least} to {most} pixels is possible", MEDIA
    ),
    "SB414": error("{path} runs at {rate} frames a second; {least} to {most} are possible", MEDIA),
    "SB415": warning("{path} is named {suffix}, but is {found}", MEDIA, "rename it: fal goes by the name"),
    "SB416": error(
        "{path} is stored sideways (EXIF orientation {orientation})",
        MEDIA,
        "save it upright: the clip would be shot sideways",
    ),
    "SB417": error("`{url}` can't be sent: {why}", MEDIA, "use an https address, or a file in the project"),
    "SB418": warning(
        "{path} does not exist yet", MEDIA, "the price can be known without it; render needs it"
    ),
    # storyboard.lock
    "SB501": error(
        "merge conflict at line {line}",
        LOCK,
        "delete the marker lines and keep the lines of both sides; with `storyboard.lock text merge=union` in "
        ".gitattributes git does so by itself",
    ),
    "SB502": error("not a line of storyboard.lock: {problem}", LOCK, "{cure}"),
    "SB503": error("`{key}` {problem}", LOCK, "{cure}"),
    "SB504": error(
        "line {line} has version {version}; this program knows version 1",
        LOCK,
        "a newer storyboard wrote it: upgrade storyboard",
    ),
    "SB505": error("storyboard.lock can't be read: {problem}", LOCK, "{cure}"),
    **OF_SETTINGS,
    **OF_CUTS,
    **OF_INCLUDES,
    **OF_CONTINUING,
    **OF_WRITING,
    **OF_NEAR_MISSES,
    **OF_SOURCES,
    **OF_VOICES,
}
