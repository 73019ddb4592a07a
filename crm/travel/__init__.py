"""Travel: minutes between two places, by car and where needed by ferry.

Knows: where Denmark is land and where it is water, the bridges, dams, tunnels and ferries between, where
each postcode lies, and whether a visit fits between its neighbours. Knows no company, no consultant and no
database.

Verbs: `engine.minutes` (drive between two places, None = not the same day), `engine.default_engine().leg`
and `.matrix` (kilometres, minutes, ferry), `rules.fits` (feasible between neighbours),
`engine.place_of_postcode`.

Reads: its own data folder only, no network. Inside the room, from the bottom: `places` (the values and the
engine Protocol), `rules`, `postcodes`, `network`, `engine`.
"""
