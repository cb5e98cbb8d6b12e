// SPDX-License-Identifier: Apache-2.0
#include "launcher/check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

#include "base/error.hh"
#include "launcher/guest_check.hh"
#include "launcher/host_check.hh"
#include "launcher/own_programs.hh"
#include "launcher/program_output.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

constexpr int kStatusDoesNotWork = 1;

std::string line_with(std::string_view text, std::string_view word) {
  std::string found;
  rules::for_each_line(text, [&](std::string_view line) {
    if (line.starts_with(word)) found = line;
  });
  return found;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

Finding check_helper() {
  constexpr const char* kWhat = "netns-slirp";
  try {
    const std::string helper = find_helper();
    const ProgramOutput version = output_of(helper, {"--version"});
    if (version.status != 0) {
      return {Verdict::kNotOk, kWhat,
              fmt::format("{} does not run (status {}): {}", helper, version.status,
                          first_line(version.text))};
    }
    return {Verdict::kOk, kWhat,
            fmt::format("{}, {}", helper, line_with(version.text, "libslirp"))};
  } catch (const base::Failure& failure) {
    return {Verdict::kNotOk, kWhat, failure.what()};
  }
}

// The proof: this program itself, as it would run. The helper's sandbox is in it.
Finding check_a_run() {
  constexpr const char* kWhat = "a command in a network of its own";
  const ProgramOutput run = output_of("/proc/self/exe", {"--quiet", "--", "true"});
  if (run.status == 0) return {Verdict::kOk, kWhat, ""};
  return {Verdict::kNotOk, kWhat,
          run.text.empty() ? fmt::format("status {}", run.status) : first_line(run.text)};
}

}  // namespace

std::string to_line(const Finding& finding) {
  constexpr std::array kWords{"ok", "missing", "not ok"};
  const std::string line =
      fmt::format("{:<8} {}", kWords[static_cast<size_t>(finding.verdict)], finding.what);
  return finding.detail.empty() ? line : fmt::format("{}: {}", line, finding.detail);
}

int run_check() {
  std::vector<Finding> findings = check_guest();
  std::ranges::move(check_host(), std::back_inserter(findings));
  findings.push_back(check_helper());
  findings.push_back(check_a_run());
  for (const Finding& finding : findings) fmt::print("{}\n", to_line(finding));
  const bool works = findings.back().verdict == Verdict::kOk;
  fmt::print("{}\n", works ? "netns-run works here; what is missing is not needed for it"
                           : "netns-run does not work here");
  base::check("write the findings", std::fflush(stdout));
  return works ? 0 : kStatusDoesNotWork;
}

}  // namespace nsrun::launcher
