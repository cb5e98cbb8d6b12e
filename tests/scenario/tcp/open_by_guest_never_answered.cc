// SPDX-License-Identifier: Apache-2.0
//
// A guest that does not answer the SYN-ACK is given up after six retries, and told.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestNeverAnswered) {
  guest.sends(syn());
  host.connects();
  relay.loses(syn_ack());
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s}) {
    after(pause);
    relay.loses(syn_ack().seq(0));
  }
  after(59s);
  flow.is(State::kSynReceived);
  after(1s);
  relay.sends(rst_ack());
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
