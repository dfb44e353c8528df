"""Makes a bucket `lists` at each server, and at the first one a user; prints the user's key, as id:secret.

From then on that server looks at signatures and permissions.
"""

import base64
import email.utils
import hashlib
import hmac
import json
import os
import urllib.request

import boto3


def client(service, endpoint):
    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **keys)


def azure(endpoint, key):
    date = email.utils.formatdate(usegmt=True)
    signed = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n/lists/lists/lists\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(key), signed.encode(), hashlib.sha256)).decode()
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "Authorization": f"SharedKey lists:{signature}"}
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/lists?restype=container", method="PUT", headers=headers))


s3 = os.environ["OBJECT_STORAGE_S3"]
for endpoint in (s3, os.environ["OBJECT_STORAGE_OPEN"], os.environ["OBJECT_STORAGE_VICTIM"]):
    client("s3", endpoint).create_bucket(Bucket="lists")
anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::lists/*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
client("s3", os.environ["OBJECT_STORAGE_OPEN"]).put_bucket_policy(Bucket="lists", Policy=policy)
azure(os.environ["OBJECT_STORAGE_AZURE"], os.environ["OBJECT_STORAGE_AZURE_KEY"])

iam = client("iam", s3)
iam.create_user(UserName="reader")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=json.dumps(everything))
key = iam.create_access_key(UserName="reader")["AccessKey"]
plain = {"Content-Type": "text/plain"}
urllib.request.urlopen(urllib.request.Request(f"{s3}/moto-api/reset-auth", method="POST", data=b"0", headers=plain))
print(key["AccessKeyId"], key["SecretAccessKey"], sep=":")
