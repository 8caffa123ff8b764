// The mailbox of a home, as a person reads it: each mail once, as soon as it is there.
import { EventEmitter, on } from "node:events";
import { mkdirSync, readdirSync, readFileSync, watch } from "node:fs";
import path from "node:path";

import PostalMime from "postal-mime";

/** How long a mail may take. */
const LONGEST_MILLISECONDS = 10_000;

export class Mailbox {
  #folder;
  #watcher;
  #changes = new EventEmitter().setMaxListeners(0);
  #read = new Set();
  #unread = [];

  /** The mailbox in a folder, which is made if no mail has come yet. */
  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#watcher = watch(folder, () => this.#changes.emit("change"));
  }

  /** The oldest mail to this address that was not asked for yet; waits until there is one. */
  async next(address, subject = /./) {
    const signal = AbortSignal.timeout(LONGEST_MILLISECONDS);
    const changes = on(this.#changes, "change", { signal });
    try {
      for (;;) {
        const found = await this.#take(address, subject);
        if (found) return found;
        await changes.next();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      const others = this.#unread.map((mail) => `${mail.to}: ${mail.subject}`);
      throw new Error(`no mail to ${address} like ${subject}; unread are ${JSON.stringify(others)}`);
    } finally {
      await changes.return();
    }
  }

  /** Every mail that is there and was not asked for yet, to this address. */
  async unread(address) {
    await this.#look();
    return this.#unread.filter((mail) => mail.to === address);
  }

  close() {
    this.#watcher.close();
  }

  async #take(address, subject) {
    await this.#look();
    const index = this.#unread.findIndex((mail) => mail.to === address && subject.test(mail.subject));
    return index < 0 ? undefined : this.#unread.splice(index, 1)[0];
  }

  async #look() {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith(".eml") && !this.#read.has(name));
    for (const name of names.sort()) {
      this.#read.add(name);
      const { to, subject, text, html } = await PostalMime.parse(readFileSync(path.join(this.#folder, name)));
      const [link] = text.match(/https?:\/\/\S+\/verify\?\S+/) ?? [];
      const [code] = text.match(/(?<=: )\d{6,10}$/m) ?? [];
      this.#unread.push({ to: to[0].address, subject, text, html, link, code });
    }
  }
}
