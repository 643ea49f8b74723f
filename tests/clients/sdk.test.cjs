// The AWS SDK for JavaScript, version 3. Node's own test runner runs it; the endpoint, the region
// and the credentials stand in the environment, where the SDK looks for them.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const dynamodb = require("@aws-sdk/client-dynamodb");
const document = require("@aws-sdk/lib-dynamodb");
const streams = require("@aws-sdk/client-dynamodb-streams");

const client = new dynamodb.DynamoDBClient({ maxAttempts: 1 });
const items = document.DynamoDBDocumentClient.from(client, {
  marshallOptions: { removeUndefinedValues: true },
});
const QUICK = { client, maxWaitTime: 5, minDelay: 1, maxDelay: 1 };

async function create(TableName, more = {}) {
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName,
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "N" },
      ],
      BillingMode: "PAY_PER_REQUEST",
      ...more,
    }),
  );
  const waited = await dynamodb.waitUntilTableExists(QUICK, { TableName });
  assert.equal(waited.state, "SUCCESS");
}

async function fill(TableName, count) {
  const puts = Array.from({ length: count }, (_, sk) => ({
    PutRequest: { Item: { pk: "p", sk } },
  }));
  const answer = await items.send(
    new document.BatchWriteCommand({ RequestItems: { [TableName]: puts } }),
  );
  assert.deepEqual(answer.UnprocessedItems, {});
}

async function pages(paginator) {
  const found = [];
  for await (const page of paginator) found.push(page);
  return found;
}

test("documents come back as the values of JavaScript", async () => {
  await create("documents");
  const item = {
    pk: "ä€𝄞",
    sk: -1.25,
    yes: true,
    nothing: null,
    texts: new Set(["a", "b"]),
    numbers: new Set([1, 2.5]),
    bytes: new Uint8Array([0, 255]),
    map: { list: [1, "two", [null, {}]] },
    empty: "",
  };
  await items.send(new document.PutCommand({ TableName: "documents", Item: item }));
  const Key = { pk: item.pk, sk: item.sk };
  const found = await items.send(
    new document.GetCommand({ TableName: "documents", Key, ConsistentRead: true }),
  );
  assert.deepEqual(found.Item, item);
});

test("numbers are kept beyond what a double holds", async () => {
  await create("digits");
  const N = "12345678901234567890123456789012345678";
  const Item = { pk: { S: "p" }, sk: { N } };
  await client.send(new dynamodb.PutItemCommand({ TableName: "digits", Item }));
  const found = await client.send(new dynamodb.ScanCommand({ TableName: "digits" }));
  assert.deepEqual(found.Items, [Item]);
});

test("updates return what they changed", async () => {
  await create("updates");
  const answer = await items.send(
    new document.UpdateCommand({
      TableName: "updates",
      Key: { pk: "p", sk: 1 },
      UpdateExpression: "SET #n = if_not_exists(#n, :zero) + :one ADD tags :tags",
      ExpressionAttributeNames: { "#n": "n" },
      ExpressionAttributeValues: { ":zero": 0, ":one": 1, ":tags": new Set(["x"]) },
      ReturnValues: "ALL_NEW",
    }),
  );
  assert.deepEqual(answer.Attributes, { pk: "p", sk: 1, n: 1, tags: new Set(["x"]) });
});

test("errors are instances of the SDK's classes, with the item that stood in the way", async () => {
  await create("conditions");
  await fill("conditions", 1);
  const put = new document.PutCommand({
    TableName: "conditions",
    Item: { pk: "p", sk: 0, n: 1 },
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  await assert.rejects(items.send(put), (error) => {
    assert.ok(error instanceof dynamodb.ConditionalCheckFailedException);
    assert.deepEqual(error.Item, { pk: { S: "p" }, sk: { N: "0" } });
    assert.ok(error.$metadata.requestId);
    return true;
  });
  await assert.rejects(
    client.send(new dynamodb.DescribeTableCommand({ TableName: "nothing" })),
    dynamodb.ResourceNotFoundException,
  );
});

test("a cancelled transaction tells each reason", async () => {
  await create("transactions");
  await fill("transactions", 1);
  const TableName = "transactions";
  const ConditionExpression = "attribute_not_exists(pk)";
  const written = items.send(
    new document.TransactWriteCommand({
      TransactItems: [
        { Put: { TableName, Item: { pk: "p", sk: 9 } } },
        { ConditionCheck: { TableName, Key: { pk: "p", sk: 0 }, ConditionExpression } },
      ],
    }),
  );
  await assert.rejects(written, (error) => {
    assert.ok(error instanceof dynamodb.TransactionCanceledException);
    const codes = error.CancellationReasons.map((reason) => reason.Code);
    assert.deepEqual(codes, ["None", "ConditionalCheckFailed"]);
    return true;
  });
  const read = await items.send(
    new document.TransactGetCommand({
      TransactItems: [9, 0].map((sk) => ({ Get: { TableName, Key: { pk: "p", sk } } })),
    }),
  );
  assert.deepEqual(read.Responses, [{}, { Item: { pk: "p", sk: 0 } }]);
});

test("batches read what is there", async () => {
  await create("batches");
  await fill("batches", 3);
  const Keys = [0, 1, 2, 3].map((sk) => ({ pk: "p", sk }));
  const answer = await items.send(
    new document.BatchGetCommand({ RequestItems: { batches: { Keys } } }),
  );
  assert.deepEqual(answer.Responses.batches.map((item) => item.sk).sort(), [0, 1, 2]);
  assert.deepEqual(answer.UnprocessedKeys, {});
});

test("PartiQL takes parameters", async () => {
  await create("statements");
  await items.send(
    new document.ExecuteStatementCommand({
      Statement: "INSERT INTO statements VALUE {'pk': ?, 'sk': ?, 'n': ?}",
      Parameters: ["p", 1, 0.5],
    }),
  );
  const answer = await items.send(
    new document.ExecuteStatementCommand({
      Statement: "SELECT n FROM statements WHERE pk = ?",
      Parameters: ["p"],
    }),
  );
  assert.deepEqual(answer.Items, [{ n: 0.5 }]);
});

test("the paginators of queries, scans and tables walk to the end", async () => {
  await create("paged");
  await fill("paged", 5);
  const sizes = (found) => found.map((page) => page.Items.length);
  const TableName = "paged";
  // A new one each time: paginators write the key that they have come to into it.
  const asked = (p) => ({
    TableName,
    KeyConditionExpression: "pk = :p",
    ExpressionAttributeValues: { ":p": p },
  });
  const paginated = { client: items, pageSize: 2 };
  const queried = await pages(document.paginateQuery(paginated, asked("p")));
  assert.deepEqual(sizes(queried), [2, 2, 1]);
  const numbers = queried.flatMap((page) => page.Items.map((item) => item.sk));
  assert.deepEqual(numbers, [0, 1, 2, 3, 4]);
  assert.deepEqual(sizes(await pages(document.paginateScan(paginated, { TableName }))), [2, 2, 1]);
  const raw = { client, pageSize: 2 };
  assert.deepEqual(sizes(await pages(dynamodb.paginateScan(raw, { TableName }))), [2, 2, 1]);
  assert.deepEqual(sizes(await pages(dynamodb.paginateQuery(raw, asked({ S: "p" })))), [2, 2, 1]);
  const listed = await pages(dynamodb.paginateListTables({ client, pageSize: 1 }, {}));
  assert.ok(listed.flatMap((page) => page.TableNames).includes(TableName));
  assert.ok(listed.length > 1);
});

test("the stream's client reads each change", async () => {
  await create("watched", {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  await fill("watched", 2);
  const reader = new streams.DynamoDBStreamsClient({ maxAttempts: 1 });
  const { Streams } = await reader.send(new streams.ListStreamsCommand({ TableName: "watched" }));
  const { StreamArn } = Streams[0];
  const { StreamDescription } = await reader.send(new streams.DescribeStreamCommand({ StreamArn }));
  const keys = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const { ShardIterator } = await reader.send(
      new streams.GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const { Records } = await reader.send(new streams.GetRecordsCommand({ ShardIterator }));
    for (const { eventName, dynamodb: change } of Records) {
      assert.ok(change.ApproximateCreationDateTime instanceof Date);
      keys.push([eventName, change.NewImage.sk.N]);
    }
  }
  assert.deepEqual(keys, [
    ["INSERT", "0"],
    ["INSERT", "1"],
  ]);
});

test("the waiter ends when the table is gone", async () => {
  await create("short");
  await client.send(new dynamodb.DeleteTableCommand({ TableName: "short" }));
  const waited = await dynamodb.waitUntilTableNotExists(QUICK, { TableName: "short" });
  assert.equal(waited.state, "SUCCESS");
});
