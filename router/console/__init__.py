"""The console: the pages where a content team keeps the shared knowledge. Server-rendered HTML.

    routes.py      every route of the console, and what each passes
    frame.py       what a page is given: `page`, `say`, `flash`, `redirect`, rights, the menu
    nav.py         the sections of the menu and who sees them
    wording.py     texts/<area>.{nb,en}.toml; dates.py: times in words
    live.py        counters and word of changes, over server-sent events
    charts.py      charts as SVG; search.py: one search over everything
    errors.py      what goes wrong, as a page; middleware.py: headers and cookies
    audit_views.py the audit log in sentences; local_answer_views.py: one beside the shared one,
                   which local_trials.py has tried before it is given
    forms.py       what forms have in common; broadcast_form, body_forms, fact_parts: of one area
    entry_forms.py, writing.py, answers.py, differences.py, impact_views.py, entry_links.py
                   the form of an answer, what stands beside it, and what changed
    pages/         one file an area: the routes; templates/<area>/: their HTML

To add a page:

 1. pages/<area>.py: a Litestar `Controller` with a path relative to /console,
    `guards=[needs("read", "any body")]`, and `handlers = [ThatController]` at the end.
 2. routes.py: add `pages.<area>` to `AREAS`. nav.py: a `Section`, where it has one.
 3. texts/<area>.nb.toml and .en.toml with the same keys; templates use `say("<area>.<key>")`.
 4. A GET returns `frame.page(request, "<area>/list.html", title=frame.say(request, ".."),
    area="<area>", items=items)`. A POST does its work, `frame.flash(request, "<area>.saved",
    undo=Undo(url, fields))` and returns `frame.redirect(url)`.
 5. templates/<area>/list.html: `{% extends "base.html" %}`,
    `{% import "macros.html" as ui with context %}`, `{% block content %}`. Every form has
    `method="post"` and `{{ csrf_input }}`. No style attribute, no inline script: the console's
    Content-Security-Policy refuses them. CSS classes are in static/console.css.
 6. Wrong input: catch `Invalid` and return `frame.page(.., status=400, errors=error.problems,
    form=data)`; `ui.field(name, ..)` shows the problem whose pointer is the field's name.
 7. A part that updates itself: `{% call ui.fragment("some-id", live=True) %}..{% endcall %}`
    (anew at each change to the gaps, or `every=2` seconds). Items with `data-key` light up when
    new, those with `data-item` are walked with j and k.
 8. Long work: `job = service.jobs.start(kind, person.id, work, then=url)` and
    `frame.redirect(f"/console/jobs/{job.id}")`. `kind` and what `work` reports are shown as
    `jobs.kind.<kind>` and `jobs.what.<what>` where texts/jobs.*.toml have them.
"""
