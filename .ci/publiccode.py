#!/usr/bin/env python3
"""Holds publiccode.yml against the standard (core 0.4): mandatory keys, vocabularies, lengths, and the program's version."""

import re
import sys

import yaml

CATEGORIES = {"employee-management", "time-tracking", "time-management", "hr"}  # those that fit, of the vocabulary
SCOPES = {"employment", "local-authorities", "society"}
TOP = {
    "publiccodeYmlVersion", "name", "applicationSuite", "url", "landingURL", "isBasedOn", "softwareVersion",
    "releaseDate", "logo", "platforms", "categories", "usedBy", "roadmap", "developmentStatus", "softwareType",
    "intendedAudience", "description", "legal", "maintenance", "localisation", "dependsOn", "IT",
}
faults = []


def need(true, sentence):
    if not true:
        faults.append(sentence)


with open("publiccode.yml", encoding="utf-8") as file:
    said = yaml.safe_load(file)
with open("Cargo.toml", encoding="utf-8") as file:
    cargo = dict(re.findall(r'^(version|license) = "(.*)"', file.read(), re.M))

need(set(said) <= TOP, f"unknown keys {set(said) - TOP}")
need(said.get("publiccodeYmlVersion") == "0.4", "publiccodeYmlVersion")
need(said.get("name") == "timbra", "name")
need(re.fullmatch(r"https://\S+", str(said.get("url"))), "url must be an address")
need(said.get("softwareVersion") == cargo["version"], f"softwareVersion is not Cargo.toml's {cargo['version']}")
need(said.get("developmentStatus") in {"concept", "development", "beta", "stable", "obsolete"}, "developmentStatus")
need(
    said.get("softwareType")
    in {"standalone/" + kind for kind in ("mobile", "iot", "desktop", "web", "backend", "other")}
    | {"addon", "library", "configurationFiles"},
    "softwareType",
)
need(said.get("platforms"), "platforms")
need(said.get("categories") and set(said["categories"]) <= CATEGORIES, "categories")
audience = said.get("intendedAudience", {})
need(set(audience.get("scope", [])) <= SCOPES, "intendedAudience/scope")
for code in audience.get("countries", []):
    need(re.fullmatch("[a-z]{2}", code), f"intendedAudience/countries: {code}")
need({"it", "en"} <= set(said.get("description", {})), "description needs Italian and English")
for language, text in said.get("description", {}).items():
    need(len(text.get("shortDescription", "")) in range(1, 151), f"{language}: shortDescription has up to 150 letters")
    need("\n" not in text.get("shortDescription", ""), f"{language}: shortDescription is one line")
    need(len(text.get("longDescription", "")) in range(150, 10001), f"{language}: longDescription has 150 to 10,000")
    need(text.get("features"), f"{language}: features")
need(said.get("legal", {}).get("license") == cargo["license"], "legal/license is not Cargo.toml's")
kind = said.get("maintenance", {}).get("type")
need(kind in {"internal", "contract", "community", "none"}, "maintenance/type")
need(kind not in {"internal", "community"} or said["maintenance"].get("contacts"), "maintenance/contacts")
need(kind != "contract" or said["maintenance"].get("contractors"), "maintenance/contractors")
need(isinstance(said.get("localisation", {}).get("localisationReady"), bool), "localisation/localisationReady")
need(said.get("localisation", {}).get("availableLanguages"), "localisation/availableLanguages")
for group in said.get("dependsOn", {}).values():
    for one in group:
        need(one.get("name"), "dependsOn: each has a name")
need(said.get("IT", {}).get("countryExtensionVersion") == "1.0", "IT/countryExtensionVersion")
for fault in faults:
    print(f"publiccode.yml: {fault}", file=sys.stderr)
sys.exit(bool(faults))
