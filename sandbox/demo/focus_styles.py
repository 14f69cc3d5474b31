"""How each provider writes FOCUS: its columns, quoting, dates, words for "nothing", services and regions."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Literal

Provider = Literal["aws", "microsoft", "google", "oracle", "alibaba"]
Version = Literal["1.0", "1.1", "1.2"]

COLUMNS_1_0 = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId",
    "SubAccountName", "Tags",
)  # fmt: skip
ADDED_1_1 = (
    "CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity", "CommitmentDiscountUnit",
    "ServiceSubcategory", "SkuMeter", "SkuPriceDetails",
)  # fmt: skip
ADDED_1_2 = (
    "BillingAccountType", "InvoiceId", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "SubAccountType",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """A product as the provider names it, with the pattern of its resources' ids."""

    name: str
    category: str
    subcategory: str
    sku: str
    unit: str
    resource_type: str
    resource: str


@dataclass(frozen=True, slots=True)
class Style:
    """One provider's way of writing.

    `instant` is a strftime pattern for a UTC instant. `leading` are columns moved to the front, the rest is
    alphabetical. `scientific` writes small costs as 1.23E-05. `parquet_cost` and `parquet_instant` name the types
    in Parquet.
    """

    provider_name: str
    issuer_name: str
    extra_columns: tuple[str, ...]
    leading: tuple[str, ...]
    quoting: Literal[0, 1, 2, 3]
    byte_order_mark: bool
    line_end: str
    null: str
    instant: str
    scientific: bool
    parquet_cost: Literal["double", "decimal"]
    parquet_instant: Literal["us_utc", "ms_plain", "text"]
    regions: tuple[tuple[str, str], ...]
    services: tuple[Service, ...]

    def columns(self, version: Version) -> list[str]:
        """The header of this provider's export of a FOCUS version."""
        names = set(COLUMNS_1_0) | set(self.extra_columns)
        if version != "1.0":
            names |= set(ADDED_1_1)
        if version == "1.2":
            names |= set(ADDED_1_2)
        return [*self.leading, *sorted(names - set(self.leading))]


_AWS = Style(
    provider_name="AWS",
    issuer_name="Amazon Web Services, Inc.",
    extra_columns=("x_CostCategories", "x_Discounts", "x_Operation", "x_ServiceCode", "x_UsageType"),
    leading=(),
    quoting=csv.QUOTE_MINIMAL,
    byte_order_mark=False,
    line_end="\n",
    null="",
    instant="%Y-%m-%dT%H:%M:%SZ",
    scientific=False,
    parquet_cost="double",
    parquet_instant="us_utc",
    regions=(("us-east-1", "US East (N. Virginia)"), ("eu-west-1", "Europe (Ireland)"), ("ap-northeast-1", "Tokyo")),
    services=(
        Service("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "BoxUsage:m6i.large", "Hours",
                "Instance", "arn:aws:ec2:{region}:{sub}:instance/i-{hex:017x}"),
        Service("Amazon Simple Storage Service", "Storage", "Object Storage", "TimedStorage-ByteHrs", "GB-Mo",
                "Bucket", "arn:aws:s3:::logs-{hex:x}"),
        Service("AWS Lambda", "Compute", "Serverless Compute", "Lambda-GB-Second", "Lambda-GB-Second",
                "Function", "arn:aws:lambda:{region}:{sub}:function:resize-{hex:x}"),
        Service("Amazon Relational Database Service", "Databases", "Relational Databases",
                "InstanceUsage:db.r6g.xlarge", "Hours", "Database Instance",
                "arn:aws:rds:{region}:{sub}:db:pg-{hex:x}"),
    ),
)  # fmt: skip

_MICROSOFT = Style(
    provider_name="Microsoft",
    issuer_name="Microsoft",
    extra_columns=("x_AccountOwnerId", "x_CostCenter", "x_ResourceGroupName", "x_SkuMeterCategory", "x_SkuOfferId",
                   "x_PricingSubcategory"),
    leading=("BilledCost", "BillingAccountId"),
    quoting=csv.QUOTE_MINIMAL,
    byte_order_mark=True,
    line_end="\r\n",
    null="",
    instant="%Y-%m-%dT%H:%MZ",
    scientific=True,
    parquet_cost="decimal",
    parquet_instant="us_utc",
    regions=(("westeurope", "West Europe"), ("eastus2", "East US 2"), ("japaneast", "Japan East")),
    services=(
        Service("Virtual Machines", "Compute", "Virtual Machines", "D4s v5", "1 Hour", "Virtual machine",
                "/subscriptions/{sub}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/vm-{hex:x}"),
        Service("Azure Blob Storage", "Storage", "Object Storage", "Hot LRS Data Stored", "1 GB/Month",
                "Storage account", "/subscriptions/{sub}/resourceGroups/rg-data/providers/Microsoft.Storage/"
                "storageAccounts/st{hex:x}"),
        Service("Azure SQL Database", "Databases", "Relational Databases", "vCore", "1 Hour", "SQL database",
                "/subscriptions/{sub}/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-{hex:x}"),
        Service("Functions", "Compute", "Serverless Compute", "Standard Execution Time", "1 GB Second",
                "Function app", "/subscriptions/{sub}/resourceGroups/rg-web/providers/Microsoft.Web/sites/fn-{hex:x}"),
    ),
)  # fmt: skip

_GOOGLE = Style(
    provider_name="Google Cloud",
    issuer_name="Google LLC",
    extra_columns=("x_Credits", "x_CostType", "x_ExportTime", "x_Location", "x_Project"),
    leading=("ProviderName", "PublisherName", "InvoiceIssuerName"),
    quoting=csv.QUOTE_MINIMAL,
    byte_order_mark=False,
    line_end="\n",
    null="",
    instant="%Y-%m-%d %H:%M:%S UTC",
    scientific=True,
    parquet_cost="decimal",
    parquet_instant="ms_plain",
    regions=(("us-central1", "Iowa"), ("europe-west1", "Belgium"), ("asia-northeast1", "Tokyo")),
    services=(
        Service("Compute Engine", "Compute", "Virtual Machines", "E2 Instance Core running in Belgium", "hour",
                "Instance", "//compute.googleapis.com/projects/{sub}/zones/{region}-b/instances/{hex:d}"),
        Service("Cloud Storage", "Storage", "Object Storage", "Standard Storage Belgium", "gibibyte month",
                "Bucket", "//storage.googleapis.com/assets-{hex:x}"),
        Service("BigQuery", "Analytics", "Data Warehouses", "Analysis (eu)", "tebibyte", "Dataset",
                "//bigquery.googleapis.com/projects/{sub}/datasets/d_{hex:x}"),
        Service("Cloud Run", "Compute", "Containers", "CPU Allocation Time", "second", "Service",
                "//run.googleapis.com/projects/{sub}/locations/{region}/services/api-{hex:x}"),
    ),
)  # fmt: skip

_ORACLE = Style(
    provider_name="Oracle",
    issuer_name="Oracle America, Inc.",
    extra_columns=("oci_AttributedCost", "oci_BackReferenceNumber", "oci_CompartmentId", "oci_CompartmentName",
                   "oci_OverageFlag", "oci_ReferenceNumber"),
    leading=(),
    quoting=csv.QUOTE_ALL,
    byte_order_mark=False,
    line_end="\n",
    null="",
    instant="%Y-%m-%dT%H:%M:%S.000Z",
    scientific=False,
    parquet_cost="decimal",
    parquet_instant="text",
    regions=(("us-ashburn-1", "US East (Ashburn)"), ("eu-frankfurt-1", "Germany Central (Frankfurt)")),
    services=(
        Service("COMPUTE", "Compute", "Virtual Machines", "B97384", "OCPU Hours", "Instance",
                "ocid1.instance.oc1.{region}.{hex:040x}"),
        Service("BLOCK_STORAGE", "Storage", "Block Storage", "B91961", "Gigabyte Storage Capacity Per Month",
                "Volume", "ocid1.volume.oc1.{region}.{hex:040x}"),
        Service("DATABASE", "Databases", "Relational Databases", "B90569", "OCPU Per Hour", "Database",
                "ocid1.autonomousdatabase.oc1.{region}.{hex:040x}"),
    ),
)  # fmt: skip

_ALIBABA = Style(
    provider_name="Alibaba Cloud",
    issuer_name="Alibaba Cloud (Singapore) Private Limited",
    extra_columns=("x_BillingItem", "x_InstanceConfig", "x_ProductCode", "x_SubscriptionType"),
    leading=("BillingAccountId", "BillingAccountName", "SubAccountId"),
    quoting=csv.QUOTE_NONNUMERIC,
    byte_order_mark=True,
    line_end="\r\n",
    null="NULL",
    instant="%Y-%m-%d %H:%M:%S",
    scientific=False,
    parquet_cost="decimal",
    parquet_instant="ms_plain",
    regions=(("ap-southeast-1", "Singapore"), ("cn-hangzhou", "China (Hangzhou)"), ("eu-central-1", "Frankfurt")),
    services=(
        Service("Elastic Compute Service", "Compute", "Virtual Machines", "ecs.g8i.xlarge", "Hour", "Instance",
                "i-t4n{hex:017x}"),
        Service("Object Storage Service", "Storage", "Object Storage", "StandardStorage", "GB-Month", "Bucket",
                "oss-{hex:x}"),
        Service("ApsaraDB RDS for MySQL", "Databases", "Relational Databases", "mysql.n4.medium.2c", "Hour",
                "Instance", "rm-{hex:017x}"),
        Service("对象存储 CDN 回源流量", "Networking", "Content Delivery", "cdn-origin-traffic", "GB", "Domain",
                "cdn-{hex:x}.example.com"),
    ),
)  # fmt: skip

STYLES: dict[Provider, Style] = {
    "aws": _AWS,
    "microsoft": _MICROSOFT,
    "google": _GOOGLE,
    "oracle": _ORACLE,
    "alibaba": _ALIBABA,
}
