// SPDX-License-Identifier: Apache-2.0
//
// The data plane's end of the process inside (Inside::take_channel()).
#pragma once

#include "dataplane/inside_words.hh"
#include "dataplane/process_client.hh"

namespace nsrun::dataplane {

class InsideClient final : public ProcessClient {
 public:
  explicit InsideClient(loop::Loop& loop)
      : ProcessClient(loop,
                      "in the guest's namespaces (by which published ports reach its loopback and "
                      "the fast path)") {}

  void ask(InsideRequest request, const OnAnswer& on_answer) noexcept {
    ProcessClient::ask(base::bytes_of(request), on_answer);
  }
};

}  // namespace nsrun::dataplane
