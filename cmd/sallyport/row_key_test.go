package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
)

// device puts an authenticator of its own into the browser, whose owner touches it at once.
func (c *chromium) device() {
	c.t.Helper()
	call(c, webauthn.Enable, webauthn.EnableParams{})
	call(c, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
}

func TestR14PersonSetsUpAKeyAndSignsInWithItAlone(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	c.device()
	// A browser that lists no passkeys under the field has the button; with the list, this device would answer unasked.
	hidden := call(c, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `if (window.PublicKeyCredential) { PublicKeyCredential.isConditionalMediationAvailable = async () => false }`})
	p := d.person(t, "globex", "radia@globex.test")
	c.settings(d, p)
	c.press("Add a second step")
	c.press("Security key or device")
	c.see("Set up a security key or this device")
	c.press("Add a security key or this device")
	c.keep()
	c.on("My settings")
	c.says("Security key or device")
	c.press("Sign out")

	c.enterAt(d, "Globex", p)
	c.see("Confirm that it is you")
	c.press("Use your security key or device")
	c.in()
	if got := c.claim("acr"); got != "phr" {
		t.Errorf("acr with password and key is %q", got)
	}
	c.leave(d)
	c.press("Sign in at Globex")
	c.see("Sign in")
	c.press("Sign in with a passkey")
	c.in()
	if acr, amr := c.claim("acr"), c.claim("amr"); acr != "phr" || strings.Contains(amr, "pwd") {
		t.Errorf("with the passkey alone: acr %q, amr %q", acr, amr)
	}
	c.leave(d)
	call(c, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams(hidden))
	c.press("Sign in at Globex")
	c.await("You are signed in")
}
