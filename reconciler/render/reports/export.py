"""What an export has done, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.export.page import Exported, LeftOut
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe, shortened

MOST = 40  # lines about what is not managed, unless all are asked for
WIDTH = 160


def render_export(
    exported: Sequence[Exported],
    skipped: Sequence[LeftOut],
    folder: str,
    *,
    palette: Palette = PLAIN,
    details: bool = False,
) -> str:
    """What was exported where, and what stays unmanaged."""
    resources = sum(one.resources for one in exported)
    head = (
        f"{palette.bold}Exported {counted(len(exported), 'workspace')} "
        f"({counted(resources, 'resource')}) to {safe(folder)}.{palette.reset}"
    )
    lines = [head]
    told = [*_skipped(skipped), *_unmanaged(exported)]
    if told:
        lines += ["", "Not managed by these manifests:"]
        lines += told if details else told[:MOST]
        if len(told) > MOST and not details:
            lines.append(f"  … and {len(told) - MOST:,} more (--details names them).")
    return "\n".join(lines)


def render_saving(
    rows: int, files: int, before: Mapping[str, str], after: Mapping[str, str]
) -> str:
    """How much smaller it got: lines and files with the template, and without."""
    lines, fewer = (sum(text.count("\n") for text in texts.values()) for texts in (before, after))
    share = round(100 * (1 - fewer / lines)) if lines else 0
    return (
        f"Template: {counted(rows, 'tenant')} as rows of a table, {files} in files of their own; "
        f"{counted(fewer, 'line')} in {counted(len(after), 'file')} instead of {lines:,} in "
        f"{len(before):,} ({share} % fewer)."
    )


def _skipped(skipped: Sequence[LeftOut]) -> Iterator[str]:
    for loss in skipped:
        yield shortened(f'  workspace "{safe(loss.name)}": {safe(loss.reason)}', WIDTH)


def _unmanaged(exported: Sequence[Exported]) -> Iterator[str]:
    for one in exported:
        for loss in one.left_out:
            field = f", {safe(loss.field)}" if loss.field else ""
            text = f'  {one.tenant}: {loss.kind} "{safe(loss.name)}"{field}: {safe(loss.reason)}'
            yield shortened(text, WIDTH)
