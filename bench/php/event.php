<?php
// SPDX-License-Identifier: ISC
// A script as on shared hosting: checks the key and the JSON, executes a
// prepared INSERT on a persistent connection, then responds.

function uuid7(): string
{
	$hex = sprintf('%012x', (int)(microtime(true) * 1000)) . '7' .
	    substr(bin2hex(random_bytes(10)), 1);
	$hex[16] = '8';
	return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split($hex, 4));
}

if (!hash_equals(getenv('API_KEY'), $_SERVER['HTTP_APIKEY'] ?? '')) {
	http_response_code(401);
	exit;
}
$body = file_get_contents('php://input');
if (json_decode($body) === null) {
	http_response_code(400);
	exit;
}
try {
	$db = new PDO(getenv('DSN'), options: [
		PDO::ATTR_PERSISTENT => true,
		PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
	]);
	$insert = $db->prepare('INSERT INTO creel.event (application_id, id,
		hook_id, received_at, method, path, query, headers,
		content_type, body, principal, remote_address, status,
		completed_at, reading)
		VALUES (?, ?, ?, now(), ?, ?, ?, ?, ?, ?, ?, ?, ?, now(),
		\'json\')');
	$values = [getenv('APPLICATION'), uuid7(), getenv('HOOK'),
	    $_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'],
	    $_SERVER['QUERY_STRING'],
	    json_encode(['host' => $_SERVER['HTTP_HOST'],
		'content-type' => $_SERVER['CONTENT_TYPE'],
		'content-length' => $_SERVER['CONTENT_LENGTH']]),
	    $_SERVER['CONTENT_TYPE'], $body, 'key', $_SERVER['REMOTE_ADDR'],
	    'success'];
	foreach ($values as $i => $value) {
		$insert->bindValue($i + 1, $value,
		    $i === 8 ? PDO::PARAM_LOB : PDO::PARAM_STR);
	}
	$insert->execute();
} catch (PDOException $e) {
	error_log($e->getMessage());
	http_response_code(503);
}
