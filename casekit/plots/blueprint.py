"""One touchpoint of a service blueprint: what stands behind it in each lane, and how guests mark it."""

from casekit import inputs, labels, style
from casekit.plots.chart import SIZE, TITLE_SIZE, finish, house, number, percent, wrap
from casekit.plots.satisfaction import satisfaction_blueprint
from casekit.satisfaction import flows, touchpoint


@house
def blueprint_touchpoint(steps, step, marks=None):
    """Draw the service blueprint with one touchpoint and what stands behind it, the rest faint.

    服务蓝图：突出一个接触点和它背后的步骤，其余变淡；有评分的步骤写上平均分。

    Parameters
    ----------
    steps : DataFrame
        What ``satisfaction.blueprint`` returns.
    step : str
        Its id.
    marks : DataFrame, optional
        By id of a step: mark (mean, from 1 to 5), low_share (of marks of 1 or 2).

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column or an unknown step.
    """
    near, lang = touchpoint(steps, step), labels.language()
    whole = satisfaction_blueprint(steps)
    axis = whole.axes[0]
    boxes, rest = dict(zip(steps.index, axis.texts, strict=False)), axis.texts[len(steps) :]
    places = {boxes[name].get_position(): name for name in steps.index}
    for name, box in boxes.items():
        if name not in near.index:
            box.set_alpha(0.35)
            box.get_bbox_patch().set_alpha(0.35)
        elif name == step:
            box.get_bbox_patch().set(edgecolor=style.VERMILION, linewidth=2.5)
        else:
            box.get_bbox_patch().set(edgecolor=style.BLUE, linewidth=1.8)
    chosen = {*zip(*(flows(steps)[end] for end in ("source", "target")), strict=True)}
    for arrow in rest:
        if getattr(arrow, "arrow_patch", None) is not None:
            start, end = (places.get(tuple(spot)) for spot in (arrow.xyann, arrow.xy))
            if not ((start, end) in chosen and start in near.index and end in near.index):
                arrow.arrow_patch.set_alpha(0.2)
    lanes = [
        labels.text("plot.blueprint_touchpoint.lane", lane=labels.text(f"lane.{lane}"),
                    steps=labels.text("plot.comma").join(steps.loc[rows.index, lang]))
        for lane, rows in near.drop(index=step).groupby("lane", sort=False)
    ]  # fmt: skip
    said = {"step": steps.at[step, lang], "near": len(near) - 1, "lanes": labels.text("plot.and").join(lanes)}
    case = "plain"
    if marks is not None:
        for name, row in inputs.table(marks, "mark", "low_share").iterrows():
            if name in boxes:
                x, y = boxes[name].get_position()
                axis.text(x - 0.3, y - 0.31, number(row["mark"], 1), ha="center", va="center", fontsize=8.5,
                          zorder=6, color="black" if name in near.index else "0.45",
                          bbox={"fc": "white", "ec": "none", "pad": 0.8})  # fmt: skip
        if step in marks.index:
            said |= {"mark": number(marks.at[step, "mark"], 1), "low": percent(marks.at[step, "low_share"]),
                     "rank": int(marks["mark"].rank().loc[step]), "n": len(marks)}  # fmt: skip
            case = "marked"
    found = labels.text(f"plot.blueprint_touchpoint.{case}", **said)
    whole.figure.suptitle(wrap(found, 72 * 0.97 * SIZE[0], TITLE_SIZE), x=0.01, ha="left",
                          fontsize=TITLE_SIZE)
    caption = "caption" if marks is None else "caption_marks"
    return finish(whole.figure, "blueprint_touchpoint", caption, found=found, **said)
