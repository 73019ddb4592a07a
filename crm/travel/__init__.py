"""Travel: minutes between two places, by car and where needed by ferry.

Knows: where Denmark is land and where it is water, the bridges, dams, tunnels and ferries between, where
each postcode lies, and whether a visit fits between its neighbours; and how to ask OSRM or Valhalla for what
roads are really like. Knows no company and no consultant; of the database only the table of drives that such
an engine has answered.

Verbs: `engine.minutes` (drive between two places, None = not the same day), `engine.default_engine().leg`
and `.matrix` (kilometres, minutes, ferry), `.warm` (fetch many drives before a search), `rules.fits`
(feasible between neighbours), `engine.place_of_postcode`, `configure.configured` and `engine.use` (the engine
of the settings, at start).

Reads: its own data folder; over the network only the engine that the settings name. Inside the room, from the
bottom: `places` (the values and the engine Protocol), `rules`, `postcodes`, `network`, `engine` (the embedded
one), `audit`; for engines over HTTP `wire` (what they may say), `osrm`, `valhalla`, `asking`, `breaker`,
`memory`, `models`, `table` (kept drives), `sameday` (what holds whatever engine answers), `remote`, `configure`.
"""
