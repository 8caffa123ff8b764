"""The Python library against the garden: every case with its synchronous and its asynchronous client."""
import asyncio
import os
import unittest
from datetime import date

from postgrest import APIError, AsyncPostgrestClient, CountMethod, ReturnMethod, SyncPostgrestClient

URL, TOKEN = os.environ["GARDEN_URL"], os.environ["GARDEN_TOKEN"]
EXACT = CountMethod.exact

FILTERS = {
    "eq": (lambda q: q.eq("id", 3), [3]),
    "eq, JSON path": (lambda q: q.eq("traits->colour->>name", "red"), [2]),
    "neq": (lambda q: q.neq("growth", "herb"), [1, 2, 3]),
    "gt": (lambda q: q.gt("height", 1.5), [1, 3]),
    "gte": (lambda q: q.gte("height", 1.5), [1, 2, 3]),
    "lt": (lambda q: q.lt("height", 3), [2, 4]),
    "lte": (lambda q: q.lte("height", 3), [1, 2, 4]),
    "is_": (lambda q: q.is_("height", None), [5]),
    "like": (lambda q: q.like("name", "%rose"), [1, 2]),
    "like_all_of": (lambda q: q.like_all_of("name", "%rose,Dog%"), [1]),
    "like_any_of": (lambda q: q.like_any_of("name", "Dog%,Sage"), [1, 5]),
    "ilike": (lambda q: q.ilike("name", "%ROSE"), [1, 2]),
    "ilike_all_of": (lambda q: q.ilike_all_of("name", "%ROSE,dog%"), [1]),
    "ilike_any_of": (lambda q: q.ilike_any_of("name", "dog%,sage"), [1, 5]),
    "in_": (lambda q: q.in_("id", [1, 3, 99]), [1, 3]),
    "in_ with a comma": (lambda q: q.in_("note", ["A smell of summer, and of soap", "x"]), [4]),
    "cs": (lambda q: q.cs("tags", ["edible"]), [1, 4]),
    "cd": (lambda q: q.cd("tags", ["native", "edible"]), [3, 4, 5]),
    "ov": (lambda q: q.ov("tags", ["bred", "native"]), [2, 3, 4]),
    "contains, array": (lambda q: q.contains("tags", ["edible"]), [1, 4]),
    "contains, JSON": (lambda q: q.contains("traits", {"petals": 5}), [1]),
    "contains, range": (lambda q: q.contains("flowering", "[155,160)"), [1]),
    "contained_by, JSON": (lambda q: q.contained_by("traits", {"petals": 0, "more": 1}), [3, 5]),
    "contained_by, range": (lambda q: q.contained_by("flowering", "[100,200)"), [1, 3]),
    "overlaps": (lambda q: q.overlaps("tags", ["bred"]), [2]),
    "range_gt": (lambda q: q.range_gt("flowering", (99, 150)), [1, 2, 4]),
    "range_gte": (lambda q: q.range_gte("flowering", (159, 300)), [2, 4]),
    "range_lt": (lambda q: q.range_lt("flowering", (149, 160)), [3]),
    "range_lte": (lambda q: q.range_lte("flowering", (99, 200)), [1, 3]),
    "range_adjacent": (lambda q: q.range_adjacent("flowering", (139, 150)), [1, 3]),
    "fts": (lambda q: q.fts("words", "'grow'"), [1, 2]),
    "plfts": (lambda q: q.plfts("words", "summer smell"), [4]),
    "phfts": (lambda q: q.filter("words", "phfts(english)", "old hedges"), [1]),
    "wfts": (lambda q: q.wfts("words", "rose -garden"), [1]),
    "text_search": (lambda q: q.text_search("words", "growing & rose", {"config": "english"}), [1, 2]),
    "text_search, web": (lambda q: q.text_search("words", "rose -garden", {"type": "web_search"}), [1]),
    "match": (lambda q: q.match({"growth": "shrub", "parent_id": 1}), [2]),
    "not_": (lambda q: q.not_.eq("growth", "shrub"), [3, 4, 5]),
    "not_ in_": (lambda q: q.not_.in_("id", [1, 2]), [3, 4, 5]),
    "not_ is_": (lambda q: q.not_.is_("height", None), [1, 2, 3, 4]),
    "or_": (lambda q: q.or_("id.eq.1,and(growth.eq.herb,height.is.null)"), [1, 5]),
    "not_ or_": (lambda q: q.not_.or_("id.eq.1,id.eq.2"), [3, 4, 5]),
    "two on one column": (lambda q: q.gt("id", 1).lt("id", 4), [2, 3]),
}


class Cases:
    """What both clients must do. `execute` takes a function from a client to a query."""

    def rows(self, build, **client):
        return self.execute(build, **client).data

    def refusal(self, build, **client):
        with self.assertRaises(APIError) as raised:
            self.execute(build, **client)
        return raised.exception

    def test_filters(self):
        for name, (narrow, expected) in FILTERS.items():
            with self.subTest(name):
                rows = self.rows(lambda garden: narrow(garden.from_("species").select("id")).order("id"))
                self.assertEqual([row["id"] for row in rows], expected)

    def test_filters_on_embedded_rows(self):
        rows = self.rows(lambda garden: garden.from_("families").select("name", "species!inner(id)")
                         .or_("name.eq.Sage,id.eq.3", reference_table="species").order("id"))
        self.assertEqual(rows, [{"name": "Fagaceae", "species": [{"id": 3}]}, {"name": "Lamiaceae", "species": [{"id": 5}]}])

    def test_order_limit_offset_range(self):
        pages = {
            (5, 3): lambda q: q.order("height", desc=True).limit(2),
            (3, 1): lambda q: q.order("height", desc=True, nullsfirst=False).limit(2),
            (2, 1): lambda q: q.order("growth", desc=True).order("id", desc=True).limit(2).offset(1),
            (2, 3): lambda q: q.order("id").range(1, 2),
        }
        for expected, turn in pages.items():
            rows = self.rows(lambda garden: turn(garden.from_("species").select("id")))
            self.assertEqual(tuple(row["id"] for row in rows), expected)

    def test_order_and_limit_of_embedded_rows(self):
        rows = self.rows(lambda garden: garden.from_("families").select("name, species(name)").eq("id", 1)
                         .order("name", desc=True, foreign_table="species").limit(1, foreign_table="species"))
        self.assertEqual(rows, [{"name": "Rosaceae", "species": [{"name": "Garden rose"}]}])

    def test_counts(self):
        for method in CountMethod:
            result = self.execute(lambda garden: garden.from_("species").select("id", count=method).limit(2))
            self.assertEqual((len(result.data), result.count), (2, 5), method)
        head = self.execute(lambda garden: garden.from_("species").select("*", count=EXACT, head=True))
        self.assertEqual((head.data, head.count), ([], 5))
        self.assertIsNone(self.execute(lambda garden: garden.from_("species").select("id")).count)

    def test_single_and_maybe_single(self):
        def query(last):
            return lambda garden: garden.from_("pollinators").select("name").lte("id", last)
        self.assertEqual(self.rows(lambda garden: query(1)(garden).single()), {"name": "bee"})
        self.assertEqual(self.refusal(lambda garden: query(2)(garden).single()).code, "PGRST116")
        self.assertEqual(self.rows(lambda garden: query(1)(garden).maybe_single()), {"name": "bee"})
        self.assertIsNone(self.execute(lambda garden: query(0)(garden).maybe_single()))

    def test_csv(self):
        text = self.rows(lambda garden: garden.from_("pollinators").select("id, name").lt("id", 3).csv())
        self.assertEqual(text, "id,name\n1,bee\n2,moth")

    def test_strip_nulls(self):
        rows = self.rows(lambda garden: garden.from_("species").select("id, height, note").eq("id", 5).strip_nulls())
        self.assertEqual(rows, [{"id": 5}])

    def test_explain(self):
        text = self.execute(lambda garden: garden.from_("species").select("id").explain(analyze=True))
        self.assertIn("Execution Time", text)
        plan = self.rows(lambda garden: garden.from_("species").select("id").explain(format="json", verbose=True))
        self.assertIn("Output", plan[0]["Plan"])

    def test_embeds(self):
        rows = self.rows(lambda garden: garden.from_("species").select(
            "name", "families(name)", "species_details(latin)", "parent:parent_id(name)", "pollinators(name)").in_("id", [2, 3]).order("id"))
        self.assertEqual(rows, [
            {"name": "Garden rose", "families": {"name": "Rosaceae"}, "species_details": None,
             "parent": {"name": "Dog rose"}, "pollinators": [{"name": "bee"}]},
            {"name": "English oak", "families": {"name": "Fagaceae"}, "species_details": {"latin": "Quercus robur"},
             "parent": None, "pollinators": [{"name": "wind"}]},
        ])

    def test_insert(self):
        build = lambda garden: garden.from_("seeds").insert({"sku": self.key(1), "name": None})
        self.assertEqual(self.rows(build), [{"sku": self.key(1), "name": None, "quantity": 10, "shelf": "A"}])
        self.assertEqual(self.refusal(build).code, "23505")
        quiet = self.execute(lambda garden: garden.from_("seeds").insert({"sku": self.key(2)}, returning=ReturnMethod.minimal, count=EXACT))
        self.assertEqual((quiet.data, quiet.count), ([], 1))

    def test_insert_many_with_defaults(self):
        rows = [{"sku": self.key(3), "quantity": 1}, {"sku": self.key(4), "shelf": "C"}]
        inserted = self.rows(lambda garden: garden.from_("seeds").insert(rows, default_to_null=False).select("quantity, shelf"))
        self.assertEqual(inserted, [{"quantity": 1, "shelf": "A"}, {"quantity": 10, "shelf": "C"}])

    def test_insert_encodes_dates(self):
        row = {"station_id": 2, "taken_on": self.day(), "celsius": 3.5}
        inserted = self.rows(lambda garden: garden.from_("readings").insert(row))
        self.assertEqual(inserted, [{**row, "taken_on": self.day().isoformat()}])
        self.rows(lambda garden: garden.from_("readings").delete().eq("taken_on", self.day()))

    def test_upsert(self):
        def upsert(row, **more):
            return self.rows(lambda garden: garden.from_("seeds").upsert(row, **more))
        key, name = self.key(5), self.key(5) + " name"
        self.assertEqual(upsert({"sku": key, "name": name, "quantity": 1})[0]["quantity"], 1)
        self.assertEqual(upsert({"sku": key, "quantity": 2})[0], {"sku": key, "name": name, "quantity": 2, "shelf": "A"})
        self.assertEqual(upsert([{"sku": key, "quantity": 3}], ignore_duplicates=True), [])
        self.assertEqual(upsert({"sku": key, "name": name, "shelf": "Z"}, on_conflict="name")[0]["shelf"], "Z")
        self.assertEqual(upsert([{"sku": self.key(6)}], default_to_null=False)[0]["shelf"], "A")

    def test_update_and_delete(self):
        self.rows(lambda garden: garden.from_("seeds").insert([{"sku": self.key(7)}, {"sku": self.key(8)}], default_to_null=False))
        both = [self.key(7), self.key(8)]
        updated = self.execute(lambda garden: garden.from_("seeds").update({"quantity": 0}, count=EXACT).in_("sku", both))
        self.assertEqual(([row["quantity"] for row in updated.data], updated.count), ([0, 0], 2))
        refused = self.refusal(lambda garden: garden.from_("seeds").update({"quantity": 1}).in_("sku", both).max_affected(1))
        self.assertEqual(refused.code, "PGRST124")
        deleted = self.execute(lambda garden: garden.from_("seeds").delete(count=EXACT).in_("sku", both))
        self.assertEqual((sorted(row["sku"] for row in deleted.data), deleted.count), (both, 2))
        quiet = self.execute(lambda garden: garden.from_("seeds").delete(returning=ReturnMethod.minimal).in_("sku", both))
        self.assertEqual(quiet.data, [])

    def test_functions(self):
        self.assertEqual(self.rows(lambda garden: garden.rpc("add", {"a": 1, "b": 2})), 3)
        self.assertEqual(self.rows(lambda garden: garden.rpc("add", {"a": 1}, get=True)), 11)
        self.assertEqual(self.rows(lambda garden: garden.rpc("greet", {"name": "Ü", "loud": False})), "Hello Ü")
        self.assertEqual(self.rows(lambda garden: garden.rpc("total", {"numbers": [1, 2, 3]})), 6)
        self.assertEqual(self.rows(lambda garden: garden.rpc("total", {"numbers": [1, 2, 3]}, get=True)), 6)
        self.assertEqual(self.rows(lambda garden: garden.rpc("mirror", {"value": {"a": [None]}})), {"a": [None]})
        self.assertEqual(self.rows(lambda garden: garden.rpc("colours", {})), ["red", "green", "blue"])
        self.assertEqual(self.rows(lambda garden: garden.rpc("write_note", {"body": "from Python"})), [])

    def test_functions_with_filters(self):
        def call(garden, **how):
            return garden.rpc("tall_species", {"minimum": 1}, **how)
        self.assertEqual(self.rows(lambda garden: call(garden).select("id").neq("growth", "tree").order("id", desc=True)), [{"id": 2}, {"id": 1}])
        self.assertEqual(self.rows(lambda garden: call(garden).select("id").eq("id", 3).single()), {"id": 3})
        self.assertIsNone(self.execute(lambda garden: call(garden).select("id").eq("id", 99).maybe_single()))
        self.assertEqual(self.rows(lambda garden: call(garden).select("id").eq("id", 3).csv()), "id\n3")
        self.assertEqual(self.execute(lambda garden: call(garden, count=EXACT, get=True).select("id").limit(1)).count, 3)
        self.assertEqual(self.execute(lambda garden: call(garden, count=EXACT, head=True)).count, 3)

    def test_schemas(self):
        rows = self.rows(lambda garden: garden.schema("herbarium").from_("species").select("*").eq("id", 9))
        self.assertEqual(rows, [{"id": 9, "pressed": False}])
        self.assertEqual(self.rows(lambda garden: garden.schema("herbarium").rpc("add", {"a": 1, "b": 2})), "herbarium 3")
        self.assertEqual(self.refusal(lambda garden: garden.schema("store").from_("people").select("*")).code, "PGRST106")

    def test_tokens(self):
        me = self.rows(lambda garden: garden.rpc("whoami", {}), token=TOKEN)
        self.assertEqual((me["role"], me["sub"]), ("garden_member", "ada"))
        rows = self.rows(lambda garden: garden.from_("diaries").select("owner"), token=TOKEN)
        self.assertEqual(rows, [{"owner": "ada"}, {"owner": "ada"}])
        self.assertEqual(self.refusal(lambda garden: garden.from_("diaries").select("owner")).code, "42501")
        self.assertEqual(self.refusal(lambda garden: garden.from_("diaries").select("owner"), token="a.b.c").code, "PGRST301")

    def test_errors(self):
        self.assertEqual(self.refusal(lambda garden: garden.from_("specie").select("*")).json(), {
            "code": "PGRST205", "details": None, "hint": "Perhaps you meant the table 'garden.species'",
            "message": "Could not find the table 'garden.specie' in the schema cache"})
        self.assertEqual(self.refusal(lambda garden: garden.rpc("refuse", {})).json(), {
            "code": "P0001", "details": "It is night.", "hint": "Come back at dawn.", "message": "the gate is shut"})
        ambiguous = self.refusal(lambda garden: garden.from_("exchanges").select("gardeners(name)"))
        self.assertEqual((ambiguous.code, len(ambiguous.details)), ("PGRST201", 2))

    def test_an_error_without_a_body_is_in_a_header(self):
        refused = self.refusal(lambda garden: garden.from_("nothing").select("*", head=True))
        self.assertEqual(refused.code, "PGRST205")

    def key(self, number):
        """A key of this class, so that both classes may write."""
        return f"{type(self).__name__}-{number}"


class Synchronous(Cases, unittest.TestCase):
    def execute(self, build, token=None):
        with SyncPostgrestClient(URL, schema="garden") as garden:
            if token:
                garden.auth(token)
            return build(garden).execute()

    def day(self):
        return date(2024, 3, 1)

    def test_one_client_for_many_requests(self):
        with SyncPostgrestClient(URL, schema="garden") as garden:
            for number in range(1, 4):
                self.assertEqual(garden.from_("pollinators").select("id").eq("id", number).execute().data, [{"id": number}])


class Asynchronous(Cases, unittest.TestCase):
    def execute(self, build, token=None):
        async def run():
            async with AsyncPostgrestClient(URL, schema="garden") as garden:
                if token:
                    garden.auth(token)
                return await build(garden).execute()
        return asyncio.run(run())

    def day(self):
        return date(2025, 3, 1)

    def test_many_requests_at_once(self):
        async def run():
            async with AsyncPostgrestClient(URL, schema="garden") as garden:
                queries = [garden.rpc("add", {"a": number, "b": 0}).execute() for number in range(40)]
                return [answer.data for answer in await asyncio.gather(*queries)]
        self.assertEqual(asyncio.run(run()), list(range(40)))


if __name__ == "__main__":
    unittest.main()
