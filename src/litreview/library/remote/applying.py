"""What becomes of a record of the server in this machine's catalogue.

What was not changed here is taken as it comes. What was changed on both sides, and on neither with a view of
the other, is merged, and the union is sent; where one side removed a paper that the other changed, it stays.
Every machine decides alike, so that all come to the same library in whatever order they hear of a change.
"""

from __future__ import annotations

import logging

from litreview.library.catalogue import Catalogue
from litreview.papers import key_candidates, key_stem

from .records import SharedPaper, SharedRecord, combine, load, read_papers, related, write_paper
from .state import Known, State

_log = logging.getLogger("litreview")


class Applying:
    """Applies records to a catalogue. Everything happens in a transaction of the caller.

    Attributes:
        renamed: Keys that papers of this machine had until another machine was first to use them, and those
            they have now.
    """

    def __init__(self, catalogue: Catalogue, state: State) -> None:
        self._catalogue = catalogue
        self._state = state
        self.renamed: dict[str, str] = {}

    def apply(self, record: SharedRecord) -> None:
        """Take in one record. One that cannot be read is told of and left alone; its neighbours survive."""
        key = record.key
        base = self._state.known([key]).get(key)
        if base and (base.kind, base.digest) == (record.kind, record.digest):
            self._state.know(key, base._replace(mine=False))
            return
        if record.kind == "removed":
            self._removed(record, base)
        elif record.kind == "merged":
            self._merged(record, base)
        else:
            try:
                incoming = load(record)
            except ValueError as error:
                _log.warning("the server's record of %r cannot be read (%s); it is left out", key, error)
                return
            self._paper(record, incoming, base)

    def finish(self) -> None:
        """Let keys lead to the papers they were merged into, now that these are here."""
        # What a paper was merged into may have been merged as well; UNION ends circles. Where a key leads
        # whose change waits here to be sent, counts before where the server lets it lead.
        self._catalogue.connection.execute(
            "WITH RECURSIVE leads (key, target) AS (SELECT key, successor FROM remote_papers"
            "  WHERE successor <> '' AND kind = 'merged' AND key NOT IN (SELECT key FROM papers)"
            "  AND key NOT IN (SELECT key FROM unsent)"
            " UNION SELECT leads.key, r.successor FROM leads JOIN remote_papers r ON r.key = leads.target"
            "  WHERE r.kind = 'merged' AND r.key NOT IN (SELECT key FROM papers)"
            "  AND r.key NOT IN (SELECT key FROM unsent))"
            " INSERT OR REPLACE INTO former_keys (key, paper)"
            " SELECT leads.key, coalesce(p.id, f.paper) FROM leads LEFT JOIN papers p ON p.key = leads.target"
            " LEFT JOIN former_keys f ON f.key = leads.target AND f.key IN (SELECT key FROM unsent)"
            " WHERE coalesce(p.id, f.paper) IS NOT NULL"
        )

    def _paper(self, record: SharedRecord, incoming: SharedPaper, base: Known | None) -> None:
        row = self._catalogue.row_of(record.key)
        if row is None:
            self._come(record, incoming, base)
            return
        local = self._read(row)
        if base and base.kind == "paper" and self._is_clean(record, base):
            self._write(incoming, row)
            self._take(record, incoming, base)
        elif related(local, incoming):
            union = combine(local, incoming, record.key)
            self._write(union, row)
            self._know(record, union, base)
            self._mark_unless(union.dump() == record.document, record.key)
        else:
            self._give_way(row, local)
            self._write(incoming, None)
            self._take(record, incoming, None)

    def _come(self, record: SharedRecord, incoming: SharedPaper, base: Known | None) -> None:
        """A paper under a key that no paper has here: new, come back, or merged or removed here meanwhile."""
        merged_here = self._catalogue.records.successor(record.key)
        if base and merged_here and not self._is_clean(record, base):
            self._absorb(merged_here, incoming)
            self._know(record, incoming, base)
            self._state.mark(record.key)
            return
        twin = self._twin(incoming) if base is None else None
        if twin is not None:
            self._join(twin, record, incoming)
            return
        self._catalogue.records.release(record.key)
        self._write(incoming, None)
        self._take(record, incoming, base)

    def _removed(self, record: SharedRecord, base: Known | None) -> None:
        row = self._catalogue.row_of(record.key)
        if row is not None and base and base.kind == "paper" and self._is_clean(record, base):
            self._catalogue.remove(row)
        elif row is not None:
            self._state.mark(record.key)
        elif not self._state.is_unsent(record.key):
            self._catalogue.records.release(record.key)
        elif not self._catalogue.records.successor(record.key):
            self._state.unmark(record.key)
        self._know(record, None, base)

    def _merged(self, record: SharedRecord, base: Known | None) -> None:
        row, target = self._catalogue.row_of(record.key), self._target(record.successor)
        if row is not None and base is None:
            local = self._read(row)
            if target == row:
                # Merged the other way round here, where the key they go by there was used for another.
                self._catalogue.records.release(record.successor)
                self._move(row, record.successor)
                self._rename(record.key, record.successor)
                self._state.mark(record.successor)
            elif target is not None and related(self._read(target), local):
                self._absorb_row(row, local, record.successor)
            else:
                self._give_way(row, local)
            self._state.unmark(record.key)
        elif row is not None and base and base.kind == "paper" and self._is_clean(record, base):
            self._catalogue.remove(row)
        elif row is not None and target is not None and target != row:
            self._absorb_row(row, self._read(row), record.successor)
            self._state.unmark(record.key)
        elif row is not None:
            self._state.mark(record.key)
        elif not self._catalogue.records.successor(record.key):
            self._state.unmark(record.key)
        elif not self._state.is_unsent(record.key):
            self._catalogue.records.release(record.key)
        self._know(record, None, base)

    # One paper under two keys

    def _twin(self, incoming: SharedPaper) -> int | None:
        """The row of the same paper that was added here, not knowing of this one.

        Papers that came from elsewhere side by side are two to those who know more of them.
        """
        for version in incoming.versions():
            found = self._catalogue.find_same(version)
            if found is None:
                continue
            key = found[1].key or ""
            known = self._state.known([key]).get(key)
            if (known is None or known.claimed) and key not in incoming.apart:
                return found[0]
        return None

    def _join(self, row: int, record: SharedRecord, incoming: SharedPaper) -> None:
        """Make one paper of one that is here and one that comes, under the key that sorts first.

        A key that was never sent gives way. What was said under the other key finds the paper still.
        """
        local = self._read(row)
        sent = local.key in self._state.known([local.key])
        key, other = (local.key, record.key) if sent and local.key < record.key else (record.key, local.key)
        union = combine(local, incoming, key)
        if key != local.key:
            self._catalogue.records.release(key)
            self._move(row, key)
        self._write(union, row)
        self._lead(other, row)
        if other == local.key:
            self._rename(other, key)
        self._know(record, union, None)
        if key == local.key and (base := self._state.known([key]).get(key)):
            self._state.know(key, base._replace(born=union.born))
        self._state.mark(other)
        self._mark_unless(key == record.key and union.dump() == record.document, key)

    def _absorb(self, key: str, incoming: SharedPaper) -> None:
        row = self._catalogue.find(key)
        local = self._read(row)
        self._write(combine(local, incoming, key), row)
        self._state.mark(key)

    def _absorb_row(self, row: int, local: SharedPaper, successor: str) -> None:
        """Merge a paper that is here into another, because another machine merged them."""
        target = self._target(successor)
        if target is None:
            raise AssertionError("the paper it goes into was looked for before")
        (paper,) = self._catalogue.papers([target])
        self._catalogue.connection.execute(
            "DELETE FROM separations WHERE paper IN (?1, ?2) AND other IN (?1, ?2)", (row, target)
        )
        for (former,) in self._catalogue.connection.execute(
            "UPDATE former_keys SET paper = ? WHERE paper = ? RETURNING key", (target, row)
        ).fetchall():
            self._state.mark(former)
        self._catalogue.remove(row)
        self._absorb(paper.key or "", local)
        self._lead(local.key, target)
        self._rename(local.key, paper.key or "")

    def _target(self, key: str) -> int | None:
        return self._catalogue.row_of(self._catalogue.records.successor(key) or key)

    # Two papers under one key

    def _give_way(self, row: int, local: SharedPaper) -> None:
        """Give a paper of this machine another key, because another machine was first to use it."""
        stem = key_stem(local.paper)
        stem = stem if local.key.startswith(stem) else local.key
        key = next(key for key in key_candidates(stem) if key != local.key and self._is_free(key))
        self._move(row, key)
        self._state.mark(key)
        self._state.unmark(local.key)
        self._rename(local.key, key)
        _log.info("%s is another paper on the server; the one added here is %s", local.key, key)

    def _is_free(self, key: str) -> bool:
        return not (
            self._catalogue.row_of(key) or self._catalogue.records.successor(key) or self._state.known([key])
        )

    def _move(self, row: int, key: str) -> None:
        """Give a row another key; what its neighbours say of it is to be sent anew."""
        execute = self._catalogue.connection.execute
        execute(
            "INSERT OR IGNORE INTO index_removals SELECT key FROM papers WHERE id = ? AND in_index > 0",
            (row,),
        )
        execute("UPDATE papers SET key = ?, in_index = 0 WHERE id = ?", (key, row))
        execute(
            "INSERT OR IGNORE INTO unsent SELECT p.key FROM separations s JOIN papers p ON p.id = s.paper"
            " WHERE s.other = ?",
            (row,),
        )
        execute("INSERT OR IGNORE INTO unsent SELECT key FROM former_keys WHERE paper = ?", (row,))

    def _lead(self, key: str, row: int) -> None:
        """Let a key lead to the paper of a row."""
        self._catalogue.connection.execute(
            "INSERT OR REPLACE INTO former_keys (key, paper) VALUES (?, ?)", (key, row)
        )

    # Small steps

    def _rename(self, key: str, now: str) -> None:
        """Note a changed key under the one that was shown, also where it changes again."""
        for shown in [old for old, new in self.renamed.items() if new == key] or [key]:
            self.renamed[shown] = now

    def _is_clean(self, record: SharedRecord, base: Known) -> bool:
        """Whether nothing was changed here that the record's writer had not seen."""
        seen = not base.mine or record.parent == base.digest
        return seen and not self._state.is_unsent(record.key)

    def _read(self, row: int) -> SharedPaper:
        (paper,) = self._catalogue.papers([row])
        return read_papers(self._catalogue, [row], self._state.known([paper.key or ""]))[row]

    def _write(self, shared: SharedPaper, row: int | None) -> None:
        write_paper(self._catalogue, shared, row)

    def _take(self, record: SharedRecord, incoming: SharedPaper, base: Known | None) -> None:
        self._know(record, incoming, base)
        self._state.unmark(record.key)

    def _know(self, record: SharedRecord, incoming: SharedPaper | None, base: Known | None) -> None:
        born = incoming.born if incoming else ()
        claimed = bool(base and base.claimed)
        self._state.know(record.key, record.known(born=born, mine=False, claimed=claimed))

    def _mark_unless(self, same: bool, key: str) -> None:
        if same:
            self._state.unmark(key)
        else:
            self._state.mark(key)
