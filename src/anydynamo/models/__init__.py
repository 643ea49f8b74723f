"""How tables are declared, what a declaration means to DynamoDB, and how instances become items."""
