package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tick changes a box.
func (c *chromium) tick(name string) {
	c.t.Helper()
	c.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`input[name=%q]`, name))))
}

// account picks somebody at the simulated Entra.
func (c *chromium) account(address string) {
	c.t.Helper()
	c.do(chromedp.Click(chromedp.Search(fmt.Sprintf(`//label[contains(., %q)]`, address))))
}

// appears waits for the words, on a page that some other leads to by itself.
func (c *chromium) appears(words string) {
	c.t.Helper()
	c.poll(fmt.Sprintf(`document.body && document.body.innerText.includes(%q)`, words), 30*time.Second)
}

func (c *chromium) claims(want map[string]string) {
	c.t.Helper()
	for name, value := range want {
		if got := c.claim(name); got != value {
			c.t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// Acme asks its people for a second factor and Contoso's for none: the tokens say only what was proven.
func TestDemoSkipsForContosoWhatAcmeRequires(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.entra("/"))
	c.see("Directories")
	c.open(d.app())
	c.press("Sign in with an account of contoso.test")
	c.await("Sign in at Contoso")
	c.see("Sign in at Contoso")
	c.account("robin@contoso.test")
	c.press("Sign in")
	c.await("Allow ")
	c.in()
	c.claims(map[string]string{"email": "robin@contoso.test", "acr": "urn:sallyport:acr:1fa", "tenant": "acme"})
}

// G01: what Mallory's directory says of her address makes her nobody here.
func TestG01DemoRefusesWhoClaimsAnothersAddress(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in with an account of contoso.test")
	c.await("Sign in at Contoso")
	c.account("mallory@contoso.test")
	c.press("Sign in")
	c.appears("not connected to an account here")
}

// Globex believes a second factor that Fabrikam proves: without one it asks there, once.
func TestDemoAsksFabrikamForEvidence(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in without")
	c.on("Sign in")
	c.typeInto("email", "nora@fabrikam.test")
	c.enter("email")
	c.await("Sign in at Fabrikam")
	c.press("Sign in")
	c.appears("The application asked for a second factor")
	c.see("Sign in at Fabrikam")
	c.press("Sign in")
	c.await("Allow ")
	c.in()
	c.claims(map[string]string{"acr": "urn:sallyport:acr:aal2", "tenant": "globex"})
}

// A second factor that is old proves nothing to Globex, and neither does one that Omar does not bring when he is asked.
func TestDemoAsksHereWhereFabrikamProvesNothing(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in with an account of fabrikam.test")
	c.await("Sign in at Fabrikam")
	c.account("omar@fabrikam.test")
	c.tick("mfa")
	c.choose("age", "8h")
	c.press("Sign in")
	c.appears("The application asked for a second factor")
	c.tick("mfa")
	c.tick("acrs")
	c.press("Sign in")
	c.appears("Globex requires two-step sign-in")
}

// Initech asks here whatever was done upstream, and lets in nobody with a personal account.
func TestDemoAsksAtInitechAlways(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in at Initech")
	c.press("Continue with Microsoft")
	c.await("Pick an account")
	c.see("Pick an account")
	c.account("pat@personal.test")
	c.press("Sign in")
	c.appears("does not admit the account")
	c.press("Continue with Microsoft")
	c.await("Pick an account")
	c.account("kim@contoso.test")
	c.tick("mfa")
	c.press("Sign in")
	c.appears("put this off 2 times")
}
