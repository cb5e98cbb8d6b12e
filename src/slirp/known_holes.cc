// SPDX-License-Identifier: Apache-2.0
#include "slirp/known_holes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace nsrun::slirp {
namespace {

// Looked through in November 2026. What was mended before libslirp left QEMU has its first version.
constexpr KnownHole kKnownHoles[] = {
    {"CVE-2014-3640", {4, 0, 0}, true},   {"CVE-2017-11434", {4, 0, 0}, true},
    {"CVE-2017-13711", {4, 0, 0}, false}, {"CVE-2018-11806", {4, 0, 0}, true},
    {"CVE-2019-6778", {4, 0, 0}, true},   {"CVE-2019-9824", {4, 0, 0}, true},
    {"CVE-2019-14378", {4, 1, 0}, true},  {"CVE-2019-15890", {4, 1, 0}, true},
    {"CVE-2020-7039", {4, 2, 0}, true},   {"CVE-2020-7211", {4, 2, 0}, true},
    {"CVE-2020-8608", {4, 2, 0}, true},   {"CVE-2020-1983", {4, 3, 0}, true},
    {"CVE-2020-10756", {4, 3, 1}, true},  {"CVE-2020-29129", {4, 4, 0}, true},
    {"CVE-2020-29130", {4, 4, 0}, true},  {"CVE-2021-3592", {4, 6, 0}, true},
    {"CVE-2021-3593", {4, 6, 0}, true},   {"CVE-2021-3594", {4, 6, 0}, true},
    {"CVE-2021-3595", {4, 6, 0}, true},   {"CVE-2026-9539", {4, 9, 2}, true},
};

// "4.7.0", "4.9.2-rc1": what follows the third number is not looked at.
std::optional<Version> parse_version(std::string_view text) {
  Version version{};
  const char* position = text.data();
  const char* const end = text.data() + text.size();
  for (size_t part = 0; part < version.size(); ++part) {
    if (part > 0 && (position == end || *position++ != '.')) return std::nullopt;
    const auto [behind, error] = std::from_chars(position, end, version[part]);
    if (error != std::errc()) return std::nullopt;
    position = behind;
  }
  return version;
}

}  // namespace

std::span<const KnownHole> known_holes() { return kKnownHoles; }

std::string hole_warning(std::string_view version_text, std::span<const KnownHole> holes) {
  const std::optional<Version> version = parse_version(version_text);
  if (!version) {
    return fmt::format("the version of libslirp, \"{}\", cannot be compared with the known holes",
                       version_text);
  }
  std::string open;
  Version latest{};
  for (const KnownHole& hole : holes) {
    if (hole.is_covered || *version >= hole.fixed_in) continue;
    open += (open.empty() ? "" : ", ") + std::string(hole.name);
    latest = std::max(latest, hole.fixed_in);
  }
  if (open.empty()) return "";
  return fmt::format(
      "libslirp {} has known holes that a guest may use: {}; install version {}.{}.{} or newer",
      version_text, open, latest[0], latest[1], latest[2]);
}

}  // namespace nsrun::slirp
