// SPDX-License-Identifier: ISC
// Losant's own client, driven from outside: node client.mjs MODULE URL TOKEN.
// A line in is a call, ["webhooks.post", {parameters}, {options}]; the line
// that answers it is {"result": ...} or {"error": ...}, with the error's text
// and all that the client put on it.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [module, url, token] = process.argv.slice(2);
const { createClient } = module.startsWith("/") ?
	await import(module) : createRequire(import.meta.url)(module);
const client = createClient({ url, accessToken: token || undefined });

for await (const line of createInterface({ input: process.stdin })) {
	const [name, parameters, options] = JSON.parse(line);
	const [resource, operation] = name.split(".");
	let answer;
	try {
		answer = { result: await client[resource][operation](parameters,
			options) };
	} catch (error) {
		answer = { error: { ...error, message: error.message } };
	}
	console.log(JSON.stringify(answer));
}
