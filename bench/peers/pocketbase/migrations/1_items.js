// The same table in PocketBase's words: people see their own items, newest first.
migrate((app) => {
  const people = app.findCollectionByNameOrId("users");
  const items = new Collection({
    type: "base",
    name: "items",
    listRule: "user = @request.auth.id",
    viewRule: "user = @request.auth.id",
    fields: [
      { name: "user", type: "relation", collectionId: people.id, maxSelect: 1, required: true },
      { name: "title", type: "text", required: true },
      { name: "amount", type: "number" },
      { name: "created_at", type: "date" },
    ],
    indexes: ["create index items_user_created_at_idx on items (user, created_at desc)"],
  });
  app.save(items);
}, (app) => app.delete(app.findCollectionByNameOrId("items")));
