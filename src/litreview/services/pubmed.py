"""PubMed by NCBI's E-utilities: esearch keeps the result on their server, efetch reads it as MEDLINE text.

Three requests a second, ten with a key, at most 9,999 records of one search.
https://support.nlm.nih.gov/kbArticle/?pn=KA-05510 and https://www.ncbi.nlm.nih.gov/books/NBK25497/, as of
November 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from litreview.errors import UsageError
from litreview.sources import SourceBatch, nbib
from litreview.text.cleaning import strip_controls

from .records import member, parse_json
from .types import Drift, Host, Page, Reply, Request

URL = "https://eutils.ncbi.nlm.nih.gov"
INTERVAL, INTERVAL_WITHOUT_KEY = 0.11, 0.34
_PAGE = 200
_MOST = 9_999
_SAID_LIMIT = 200

_RECORD = re.compile(r"^PMID\s*-", re.MULTILINE)


def pubmed_host(url: str | None, key: str | None, contact: str | None) -> Host:
    """NCBI with a key and a mail address, if there are any."""
    secrets = {"api_key": key, "email": contact}
    return Host(
        "pubmed",
        "PubMed",
        url or URL,
        interval=INTERVAL if key else INTERVAL_WITHOUT_KEY,
        secret_params={name: value for name, value in secrets.items() if value},
        key=key,
        key_setting="LITREVIEW_NCBI_KEY",
    )


@dataclass(frozen=True, slots=True)
class PubMed:
    """Search by PubMed's own language ("perceptron[Title] AND 2025[PDAT]")."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:
        """The search; its records come with the requests that follow."""
        params = (
            ("db", "pubmed"),
            ("term", query),
            ("usehistory", "y"),
            ("retmax", "0"),
            ("sort", "relevance"),
            ("retmode", "json"),
            ("tool", "litreview"),
        )
        # The size of the pages to come is not sent; it travels with the request.
        return Request(
            "/entrez/eutils/esearch.fcgi", params, step=f"search:{min(limit or _PAGE, _PAGE)}", about=query
        )

    def read(self, page: Page, asked: Request) -> Reply:
        """Where the result is kept, or a page of its records."""
        return self._records(page, asked) if asked.step == "records" else self._result(page, asked)

    def _result(self, page: Page, asked: Request) -> Reply:
        result = member(parse_json(page.text), "esearchresult", dict)
        if error := result.get("ERROR"):
            said = strip_controls(str(error))[:_SAID_LIMIT]
            message = f"PubMed does not accept the query {asked.about!r}: {said}"
            raise UsageError(message, hint="docs/sources.md says how PubMed is asked")
        count = member(result, "count", str, where="'esearchresult'")
        if not count.isdecimal():
            raise Drift(f"a count that is no number: {count!r}")
        total = int(count)
        if not total:
            return Reply(SourceBatch(), None, 0)
        params = (
            ("db", "pubmed"),
            ("query_key", member(result, "querykey", str, where="'esearchresult'")),
            ("WebEnv", member(result, "webenv", str, where="'esearchresult'")),
            ("retstart", "0"),
            ("retmax", asked.step.partition(":")[2]),
            ("rettype", "medline"),
            ("retmode", "text"),
            ("tool", "litreview"),
        )
        records = replace(asked, path="/entrez/eutils/efetch.fcgi", params=params, step="records")
        return Reply(SourceBatch(), records, total)

    def _records(self, page: Page, asked: Request) -> Reply:
        size = int(asked.param("retmax"))
        records = len(_RECORD.findall(page.text))
        if not records:
            if page.text.strip():
                raise Drift(f"no MEDLINE records but {page.text.strip()[:80]!r}")
            return Reply(SourceBatch(), asked)
        batch = nbib.parse(page.text, name="pubmed")
        # Steps are of the size asked for: records that were withdrawn leave gaps. A short page is the last.
        reached = asked.at + size
        more = records == size and reached < _MOST
        following = replace(
            asked.with_params(retstart=str(reached), retmax=str(min(size, _MOST - reached))), at=reached
        )
        return Reply(batch, following if more else None)
