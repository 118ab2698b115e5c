"""Audio that is paid for while the storyboard says, in English for certain, nothing that is to be heard."""

from __future__ import annotations

import re
from collections.abc import Collection

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.compile.shot_list import OF_SOUND
from storyboard.diagnostics import Span
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.plan.cheaper.english import is_english
from storyboard.plan.cheaper.purchase import Purchase, difference, listed

WORD = re.compile(r"[a-z]+")
QUOTES = re.compile('["“”«»「『]')  # somebody speaks
# English words of what is heard. Where one stands, the author may want it: better an advice too few.
HEARD = frozenset(
    """
    accent ambience ambient applause audible audio bang bangs bark barking barks beat beats bell bells bleat boom booms
    buzz buzzes buzzing call calling calls chant chanting chants chatter cheer cheering cheers chime chimes chirp
    chirping chirps chorus clang clap clapping claps clatter click clicking clicks cough coughs crackle crackles
    crackling creak creaking creaks cries cry crying dialog dialogue drum drums echo echoes exclaims giggle giggles
    groan groans growl growls gunshot hear hears heard hiss hisses honk honks hoot hoots horn howl howling howls hum
    humming hums laugh laughing laughs laughter listen listening listens loud loudly melody moan moans mumble mumbles
    murmur murmurs music musical narration narrator noise noises noisy quiet quietly rattle rattles rattling ring
    ringing rings roar roaring roars rumble rumbles rustle rustles rustling said sang saying says scream screaming
    screams shout shouting shouts sigh sighs silence silent sing singing sings siren sirens sizzle sizzles song songs
    sound sounds soundtrack speak speaking speaks speech spoken squeak squeaks squeal talk talking talks thud thunder
    tick ticking ticks tinkle toll tolls tune voice voices voiceover wail wails whisper whispering whispers whistle
    whistles whistling yell yelling yells
    """.split()  # noqa: SIM905 - word lists read better as words
)


def scenes_of_sound_cuts(film: Compiled) -> frozenset[str]:
    """Scenes at a j-cut or an l-cut: their sound is wanted."""
    ends = [
        end
        for each in film.shot_list.transitions
        if each.kind in OF_SOUND
        for end in (each.before, each.after)
    ]
    found = (film.shot_list.named(end) for end in ends)
    return frozenset(named[0].id for named in found if named is not None)


def silent(
    purchase: Purchase, book: PriceBook, wanted: Collection[str], shared: Collection[Span] = ()
) -> Advice | None:
    """`wanted` are scenes whose sound the cut works with, `shared` places that it does not name: what is written there
    is of other scenes too."""
    request = purchase.request
    if request.tier != "audio" or not purchase.endpoint.takes("generate_audio") or _is_heard(purchase):
        return None
    saves = difference(purchase.price(book), purchase.price(book, tier="silent"))
    if saves == 0 or any(name in wanted for name in purchase.names):
        return None
    asked, place = ("generate_audio",) in request.places, request.place(("generate_audio",))
    return Advice(
        "silent",
        purchase.names,
        request.span if place in shared else place,
        f"Write `generate_audio: false` for {listed(purchase.names)}.",
        saves,
        f"Audio is on{'' if asked else ' by default'}, and there is neither dialogue nor a voice nor an `audio` text, "
        "nor a word of sound in the prompt.",
        tuple(Edit(name, "generate_audio", "false") for name in purchase.names),
    )


def _is_heard(purchase: Purchase) -> bool:
    """Also where that can't be told, as in a language that is not English for certain."""
    shots = [shot for compiled in purchase.scenes for shot in compiled.scene.shots]
    if any(shot.dialogue or shot.prompt.sections.get("audio") for shot in shots):
        return True
    prompts = [shot.prompt for shot in purchase.request.shots]
    if not all(map(is_english, prompts)):
        return True
    text = " ".join(prompts)
    return QUOTES.search(text) is not None or not HEARD.isdisjoint(WORD.findall(text.lower()))
