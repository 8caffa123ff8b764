// Short forms for what many cases expect.

export const jsonType = "application/json; charset=utf-8";
export const ids = (...numbers) => numbers.map((id) => ({ id }));

/** 200 with this JSON, typed as such. */
export const json = (value, headers = {}) => ({ status: 200, json: value, headers: { "Content-Type": jsonType, ...headers } });

/** The same with exactly this text: for the order of keys and the shape of numbers. */
export const text = (value, headers = {}) => ({ status: 200, text: value, headers: { "Content-Type": jsonType, ...headers } });

export const error = (status, code, message, details = null, hint = null, headers = {}) => ({
  status,
  json: { code, details, hint, message },
  headers: { "Content-Type": jsonType, "Proxy-Status": `PostgREST; error=${code}`, ...headers },
});

/** An error of which only code and status are told. */
export const refused = (status, code, headers = {}) => ({ status, has: [[["code"], code]], headers });

/** An error of the database, whose details and hint may come from it. */
export const databaseError = (status, code, message) => ({
  status,
  has: [[["code"], code], [["message"], message]],
  headers: { "Content-Type": jsonType },
});

/** No body: no Content-Type, either. */
export const empty = (status = 204, headers = {}) => ({ status, none: true, headers: { "Content-Type": null, ...headers } });
