// SPDX-License-Identifier: Apache-2.0
#include "helper/supervision.hh"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/log.hh"

namespace nsrun::helper {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};

}  // namespace

Supervision::Supervision(control::MainContext& context) : context_(context), signals_(kSignals) {
  sources_.push_back(std::make_unique<control::FdSource>(context_, signals_.fd(), G_IO_IN,
                                                         [this](GIOCondition) { on_signal(); }));
}

void Supervision::on_signal() {
  while (const auto signal = signals_.next()) {
    if (signal->ssi_signo != SIGHUP) {
      end(EXIT_SUCCESS, fmt::format("signal {}", signal->ssi_signo));
    }
  }
}

void Supervision::end_on_hang_up(base::FdView fd, std::string what) {
  end_on(fd, GIOCondition{}, std::move(what));
}

void Supervision::end_on_readable(base::FdView fd, std::string what) {
  end_on(fd, G_IO_IN, std::move(what));
}

void Supervision::end_on(base::FdView fd, GIOCondition conditions, std::string what) {
  sources_.push_back(std::make_unique<control::FdSource>(
      context_, fd, conditions,
      [this, what = std::move(what)](GIOCondition) { end(EXIT_SUCCESS, what); }));
}

void Supervision::end(int exit_status, const std::string& why) {
  if (exit_status_) return;
  exit_status_ = exit_status;
  base::log::message(
      exit_status == EXIT_SUCCESS ? base::log::Level::kDebug : base::log::Level::kError,
      "ending: {}", why);
}

int Supervision::run() {
  while (!exit_status_) context_.iterate(/*may_block=*/true);
  return *exit_status_;
}

}  // namespace nsrun::helper
