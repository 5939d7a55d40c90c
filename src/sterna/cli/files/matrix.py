"""`sterna matrix`: who moved between which places from period to period, and what that tells of the periods to come."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sterna.cli.files.results import is_file, require_writable, tell_refused, write_table
from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from sterna.cli.files.place_files import Standings
    from sterna.engine.segments.markov import Test
    from sterna.engine.segments.moves import Moves


def matrix_command(
    file: Annotated[
        Path, typer.Argument(help="Where customers stood, CSV or Parquet: one row a customer and period.")
    ],
    order: Annotated[
        str | None, typer.Option(help="The places from the lowest up, such as none,bronze,silver,gold.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="The place to be reached; else the highest.")] = None,
    discount: Annotated[
        float | None,
        typer.Option(min=0, help="Add what a start is worth, discounted so much a period, such as 0.02."),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="The column that names the customer.")] = None,
    period: Annotated[str | None, typer.Option(help="The column that names the period.")] = None,
    place: Annotated[str | None, typer.Option(help="The column that names the place.")] = None,
    amount: Annotated[str | None, typer.Option(help="The column with what the period brought.")] = None,
    segment: Annotated[str | None, typer.Option(help="The column that names the segment.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A .csv or .parquet file for the moves of every period and segment.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Count moves between tiers by period, test what a forecast of them takes for granted, and forecast."""
    from sterna.cli.files import place_files

    require_writable(out)
    if out is not None and not is_file(out):
        raise BadInput(f"--out {out}: name a .csv or .parquet file")
    told = {"customer": customer, "period": period, "place": place, "amount": amount, "segment": segment}
    read = place_files.read_standings(file, told)
    tell_refused(f"{file.name}, row ", read.refused, Console(stderr=True, highlight=False))
    places = [name.strip() for name in order.split(",")] if order else list(read.places)
    moves, listed = place_files.count_moves(read, places)
    answer = _answer(read, moves, to or places[-1], discount)
    answer |= {"ordered_by": "as told" if order else "mean amount" if read.brings else "name"}
    if out is not None:
        write_table(_named(listed, read.periods), out)
    print(json.dumps(answer, indent=2) if as_json else _sentences(answer))


def _named(moved: "pa.Table", periods: tuple[str, ...]) -> "pa.Table":
    """The moves with the names of their periods."""
    import pyarrow as pa

    names = [periods[number] for number in moved.column("period").to_pylist()]
    return moved.set_column(0, "period", pa.array(names, pa.string()))


def _answer(read: "Standings", moves: "Moves", to: str, discount: float | None) -> dict[str, Any]:
    import pyarrow.compute as pc

    from sterna.engine.segments import markov

    if to not in moves.places:
        raise BadInput(f"--to {to}: the places are {', '.join(moves.places)}")
    names, steps = moves.chain()
    pooled = steps.sum(axis=0)
    told: dict[str, Any] = {
        "customers": pc.count_distinct(read.rows.column("customer_id")).as_py(),
        "rows_refused": len(read.refused),
        "periods": list(read.periods),
        "places": list(names),
        "steps": [_step(read.periods[number : number + 2], moves, number) for number in range(moves.steps)],
        "counts": pooled.tolist(),
        "stationarity": _test(markov.stationarity(steps)),
        "first_order": _test(markov.first_order(moves.triples)),
        "to": to,
    }
    if nowhere := [name for name, row in zip(names, pooled, strict=True) if not row.sum() and name != "gone"]:
        return told | {"shares": None, "reason": f"nobody ever started at {', '.join(nowhere)}"}
    chances = _chances(pooled)
    arrived = markov.arrival(chances, [names.index(to)])
    told |= {
        "shares": chances.tolist(),
        "chance": arrived.chance.tolist(),
        "periods_until": [float(each) if each < float("inf") else None for each in arrived.periods],
        "next": markov.ahead(chances, _last(moves, len(names)), 1).tolist(),
    }
    if discount is not None:
        told["worth"] = _worth(read, names, chances, discount)
    if len(moves.segments) > 1:
        told["segments"] = _by_segment(moves)
    return told


def _step(periods: tuple[str, ...], moves: "Moves", number: int) -> dict[str, Any]:
    """One period to the next: opening + came - went = closing, whatever moved between."""
    stayed, came, went = (side[number].sum(axis=0) for side in (moves.stayed, moves.came, moves.went))
    return {
        "from": periods[0],
        "to": periods[1],
        "counts": stayed.tolist(),
        "came": came.tolist(),
        "went": went.tolist(),
        "opening": (stayed.sum(axis=1) + went).tolist(),
        "closing": (stayed.sum(axis=0) + came).tolist(),
    }


def _chances(pooled: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The shares of all periods; whoever is gone stays so."""
    import numpy as np

    from sterna.engine.segments import markov

    whole = pooled.copy()
    if not whole[-1].any():
        whole[-1, -1] = 1
    return np.asarray(markov.shares(whole))


def _last(moves: "Moves", size: int) -> list[int]:
    """How many stand at each place in the last period."""
    closing = (moves.stayed[-1].sum(axis=(0, 1)) + moves.came[-1].sum(axis=0)).tolist()
    return [*closing, *[0] * (size - len(closing))]


def _test(found: "Test") -> dict[str, Any]:
    return {"g2": found.statistic, "df": found.df, "p": found.p, "refuted": found.refuted, "told": found.told}


def _worth(read: "Standings", names: tuple[str, ...], chances: Any, discount: float) -> dict[str, Any]:
    from sterna.engine.segments import markov

    if read.brings is None:
        raise BadInput("--discount needs a column with what a period brought: say --amount COLUMN")
    if silent := [name for name, mean in read.brings.items() if mean is None]:
        raise BadInput(f"no amount is recorded at {', '.join(silent)}, so what a start is worth is unknown")
    # Whoever is gone brings nothing: that is known, and the one place of `names` without rows.
    brings = [read.brings.get(name) or 0.0 for name in names]
    found = markov.worth(chances, brings, discount)
    return {"brings": brings, "discount": discount, "for_ever": found.tolist()}


def _by_segment(moves: "Moves") -> list[dict[str, Any]]:
    """The shares of each segment, drawn toward those of all where it is small."""
    import numpy as np

    from sterna.engine.segments.shrinking import shrink

    counts = np.concatenate([moves.stayed, moves.went[..., None]], axis=3).sum(axis=0)
    found = shrink(counts)
    return [
        {
            "segment": name,
            "opening": counts[number].sum(axis=1).tolist(),
            "own_weight": found.own[number].tolist(),
            "shares": [
                [None if np.isnan(share) else share for share in row] for row in found.shares[number].tolist()
            ],
        }
        for number, name in enumerate(moves.segments)
    ]


def _sentences(told: dict[str, Any]) -> str:
    lines = [
        f"{told['customers']:,} customers in {len(told['periods'])} periods, {told['periods'][0]} to "
        f"{told['periods'][-1]}; {told['rows_refused']:,} rows refused",
        f"places from the lowest up ({told['ordered_by']}): {', '.join(told['places'])}",
        "",
        *_table(told),
        "",
        _stationary(told["stationarity"], len(told["periods"])),
        _memory(told["first_order"]),
    ]
    if told["shares"] is None:
        return "\n".join([*lines, f"no forecast: {told['reason']}"])
    for name, chance, periods in zip(told["places"], told["chance"], told["periods_until"], strict=True):
        if name not in (told["to"], "gone"):
            when = (
                f"after {periods:.1f} periods in the mean"
                if periods is not None
                else "but not everybody does"
            )
            lines.append(f"from {name} to {told['to']}: {chance:.0%} ever arrive, {when}")
    expected = ", ".join(
        f"{name} {count:,.0f}" for name, count in zip(told["places"], told["next"], strict=True)
    )
    lines.append(f"expected in the next period of those who are there: {expected}")
    if "worth" in told:
        worth = zip(told["places"], told["worth"]["for_ever"], strict=True)
        lines.append(f"worth of a start: {', '.join(f'{name} {each:,.2f}' for name, each in worth)}")
    for each in told.get("segments", []):
        weights = [
            weight for weight, opening in zip(each["own_weight"], each["opening"], strict=True) if opening
        ]
        lines.append(
            f"segment {each['segment'] or '(none)'}: {sum(each['opening']):,} starts; its own counts weigh "
            f"{min(weights):.0%} to {max(weights):.0%}, all segments the rest"
            if weights
            else f"segment {each['segment'] or '(none)'}: nobody started there"
        )
    return "\n".join(lines)


def _table(told: dict[str, Any]) -> list[str]:
    """Of a hundred at each place, how many were at each other one period later, over all periods."""
    names, counts = told["places"], told["counts"]
    width = max(8, *(len(name) + 2 for name in names))
    rows = [
        "".join(
            ["from / to".ljust(width + 2), *(name.rjust(width) for name in names), "opening".rjust(width)]
        )
    ]
    for name, row in zip(names, counts, strict=True):
        if opening := sum(row):
            cells = "".join(f"{count / opening:.1%}".rjust(width) for count in row)
            rows.append(name.ljust(width + 2) + cells + f"{opening:,}".rjust(width))
    return rows


def _stationary(test: dict[str, Any], periods: int) -> str:
    if test["p"] is None:
        return f"whether the shares change cannot be told from {periods} periods"
    if test["refuted"]:
        return (
            f"the shares changed from period to period ({test['told']}): a forecast by their mean is doubtful"
        )
    return f"that the shares stayed the same is not refuted ({test['told']})"


def _memory(test: dict[str, Any]) -> str:
    if test["p"] is None:
        return "whether the place before matters cannot be told: it takes three periods"
    if test["refuted"]:
        return f"where customers were before matters too ({test['told']}): times and worth by one place are doubtful"
    return f"that only the present place matters is not refuted ({test['told']})"
