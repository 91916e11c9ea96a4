"""Two months of 300 members of a tea shop on four channels that do not know each other, and who brought whom.

Marketing sends offers without knowing what the hotline knows: whoever gets one while a complaint is open often leaves.
"""

from _draws import day, exponential, pick, poisson, shuffled, stream, table

MEMBERS, FIRST_DAY, DAYS = 300, "2025-11-01", 61
HAS = {"store": .8, "app": .65, "wechat": .75, "hotline": .45}  # share of members known to a channel
FORM = {"store": "S{:04d}", "app": "A{:05d}", "wechat": "wx{:04d}", "hotline": "T{:04d}"}
OFFER_DAYS = (6, 13, 20, 27, 34, 41, 48, 55)  # a Friday each: two in five of those on WeChat gets an offer
LEAVES = {True: .35, False: .015}  # chance to block the shop after an offer, by open complaint
BRINGS = {0: .14, 1: .8, 2: 5}  # mean number of friends invited: most none, some one, a few many


def files():
    """Return {path: text} of all files that this generator makes."""
    events, known = [], []
    order = shuffled(stream("crm numbers"), range(MEMBERS))
    for number in range(MEMBERS):
        draw, name = stream(f"crm member {number}"), f"M{number + 1:03d}"
        ids = {channel: FORM[channel].format(order[number] * 3 + place) for place, (channel, share) in enumerate(HAS.items())
               if draw() < share}
        if not ids:
            ids = {"store": FORM["store"].format(order[number] * 3)}
        linked = [channel for channel in ids if draw() < .94]  # some never told the shop who they are
        known += [(channel, ids[channel], name) for channel in linked]
        events += _life(draw, ids)
    rows = [(f"X{count:05d}", day(FIRST_DAY, when), hour, channel, code, event)
            for count, (when, hour, _, channel, code, event) in enumerate(sorted(events), start=1)]
    return {
        "crm_events.csv": table("event_id event_date hour channel channel_id event", rows),
        "crm_identities.csv": table("channel channel_id customer_id", sorted(known)),
        "crm_invitations.csv": table("inviter_id invited_id invited_on", _invitations()),
    }


def _life(draw, ids):
    """Return one member's events: visits, carts, shares, complaints and their settlement, offers and blocking."""
    events, gone = [], DAYS

    def add(when, hour, channel, event):
        if when < DAYS and (channel != "wechat" or when <= gone):
            events.append((int(when), hour, draw(), channel, ids[channel], event))

    open_from, open_to = None, None
    if "hotline" in ids and draw() < .6:
        open_from = int(draw() * 50)
        add(open_from, 9 + int(draw() * 9), "hotline", "complaint")
        open_to = open_from + 1 + int(exponential(draw, 18))
        add(open_to, 9 + int(draw() * 9), "hotline", "solved")
    if "wechat" in ids:
        for when in OFFER_DAYS:
            if when <= gone and draw() < .4:
                add(when, 20, "wechat", "offer")
                upset = open_from is not None and open_from < when < open_to
                if draw() < LEAVES[upset]:
                    gone = when + int(draw() * 3)
                    add(gone, 21, "wechat", "block")
        for _ in range(poisson(draw, 2)):
            add(draw() * DAYS, 8 + int(draw() * 14), "wechat", pick(draw, ("read", "read", "share")))
    for _ in range(poisson(draw, 3) if "app" in ids else 0):
        when, hour = draw() * DAYS, 8 + int(draw() * 12)
        add(when, hour, "app", "cart")
        if draw() < .6:
            add(when + int(draw() * 2), min(hour + 1, 23), "app", "buy")
    for _ in range(poisson(draw, 2.5) if "store" in ids else 0):
        add(draw() * DAYS, 10 + int(draw() * 11), "store", "buy")
    return events


def _invitations():
    """Let members invite friends and these friends others: a few bring most."""
    draw, rows, newcomers = stream("crm invitations"), [], 0
    today = [(f"M{number + 1:03d}", 0) for number in range(MEMBERS)]
    while today:
        after = []
        for name, when in today:
            for _ in range(poisson(draw, BRINGS[pick(draw, (0,) * 14 + (1,) * 5 + (2,))])):
                moment = when + 1 + int(exponential(draw, 12))
                if moment < DAYS:
                    newcomers += 1
                    rows.append((moment, name, f"N{newcomers:03d}"))
                    after.append((rows[-1][2], moment))
        today = after
    return [(host, guest, day(FIRST_DAY, when)) for when, host, guest in sorted(rows)]
