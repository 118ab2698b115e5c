"""The report's page, served on loopback while its storyboard is written.

    watch ──▶ looking ──▶ Seen ──▶ live ──▶ events ──▶ every page that is open
                                                          │ pick, render, stop, animatic
    access ──▶ app ◀──────────────────────────────────────╯

`film.Film` is what the command line does for it: looks, picks, renders and draws as its own commands do. `access` says
who is answered, `panel` what the preview adds to the page, `buying` and `drawing` are the work that goes on beside it.
"""
