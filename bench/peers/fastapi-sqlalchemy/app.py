"""The two reads as the frameworks' guides have them: a mapped class, a session a request, a pydantic model."""
import os
from datetime import datetime
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import URL, BigInteger, DateTime, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = os.environ["JWT_SECRET"]
engine = create_async_engine(
    URL.create("postgresql+asyncpg", username=os.environ["PGUSER"], database=os.environ["PGDATABASE"],
               query={"host": os.environ["PGHOST"], "port": os.environ["PGPORT"]}),
    pool_size=8, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[UUID]
    title: Mapped[str]
    amount: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    amount: int
    created_at: datetime


async def caller(authorization: str = Header()) -> UUID:
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, ["HS256"], audience="authenticated")
    except jwt.InvalidTokenError:
        raise HTTPException(401)
    return UUID(claims["sub"])


async def session():
    async with new_session() as opened:
        yield opened


@app.get("/items/{item}", response_model=ItemOut)
async def one(item: int, user: UUID = Depends(caller), db: AsyncSession = Depends(session)):
    row = await db.scalar(select(Item).where(Item.id == item, Item.user_id == user))
    if row is None:
        raise HTTPException(404)
    return row


@app.get("/items", response_model=list[ItemOut])
async def page(limit: int = 20, user: UUID = Depends(caller), db: AsyncSession = Depends(session)):
    rows = await db.scalars(select(Item).where(Item.user_id == user).order_by(Item.created_at.desc()).limit(limit))
    return rows.all()
