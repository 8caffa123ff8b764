"""The two reads by hand: SQL through asyncpg, dictionaries through orjson."""
import os
from contextlib import asynccontextmanager

import asyncpg, jwt, orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Response

SECRET = os.environ["JWT_SECRET"]
COLUMNS = "id, title, amount, created_at"


@asynccontextmanager
async def lifespan(app):
    app.pool = await asyncpg.create_pool(
        host=os.environ["PGHOST"], port=int(os.environ["PGPORT"]), user=os.environ["PGUSER"],
        database=os.environ["PGDATABASE"], min_size=8, max_size=8)
    yield
    await app.pool.close()


app = FastAPI(lifespan=lifespan)


async def caller(authorization: str = Header()):
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), SECRET, ["HS256"], audience="authenticated")["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401)


def answer(value):
    return Response(orjson.dumps(value), media_type="application/json")


@app.get("/items/{item}")
async def one(item: int, user: str = Depends(caller)):
    row = await app.pool.fetchrow(f"select {COLUMNS} from items where id = $1 and user_id = $2", item, user)
    if row is None:
        raise HTTPException(404)
    return answer(dict(row))


@app.get("/items")
async def page(limit: int = 20, user: str = Depends(caller)):
    rows = await app.pool.fetch(
        f"select {COLUMNS} from items where user_id = $1 order by created_at desc limit $2", user, limit)
    return answer([dict(row) for row in rows])
