// SPDX-License-Identifier: Apache-2.0
//
// A reset that acknowledges our SYN refuses the client.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestRefused) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(rst_ack().ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, OpenToGuestIsNotRefusedByAStray) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(rst());
  guest.sends(rst_ack().ack(2));
  flow.is(State::kSynSent);
  relay.is_silent();
}

TEST_P(Scenario, OpenToGuestOutlastsRefusals) {
  settings.outlasts_refusals = true;
  host.client_arrives();
  relay.sends(syn());
  for (const auto pause : {100ms, 200ms, 400ms, 800ms}) {
    guest.sends(rst_ack().ack(1));
    flow.is(State::kSynSent);
    after(pause);
    relay.sends(syn().seq(0));
  }
  guest.sends(syn_ack());
  flow.is(State::kEstablished);
  relay.sends(ack());
}

TEST_P(Scenario, OpenToGuestIsRefusedInTheEnd) {
  settings.outlasts_refusals = true;
  host.client_arrives();
  relay.sends(syn());
  auto pause = 100ms;
  for (int refusal = 0; refusal < 9; ++refusal) {
    guest.sends(rst_ack().ack(1));
    after(pause);
    relay.sends(syn().seq(0));
    pause *= 2;
  }
  guest.sends(rst_ack().ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

}  // namespace nsrun::tcp
