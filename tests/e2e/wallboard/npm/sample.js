/* The sample of Wallboard's page, its quotes made straight and its closing
 * braces found again; the test fills in what is in {{}}. */
const request = require('request');

const options = {

method: 'POST',

url: `{{server}}/public-api/integration/webhooks`,

headers: {

'Content-Type': 'application/json',

'x-webhook-apikey': {{apiKey}}

},

body: { event_id: {{event_id}} },

json: true

};

request(options, function (error, response, body) {

if (error) throw new Error(error);

if (body.message === 'Error') throw new Error();

console.log(body); //message: success

});
