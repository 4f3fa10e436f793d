package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

func TestR8CodesGoOnlyToAnAddressThatWasConfirmed(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	c.settings(d, edith)
	c.see("Choose a second step")
	c.not("E-mail code")
	c.enrolApp()
	c.see("My settings")
	c.says("Not confirmed")
	seen, _ := d.mail(t, edith.email, "Two-step sign-in has been set up", 0)

	d.admin(t, "", "user", "send-activation", "--tenant", "acme", edith.email)
	seen, first := d.mail(t, edith.email, "confirm that the address is yours", seen)
	c.open(d.provider("/account"))
	c.press("Send me the link to confirm it")
	c.on("My settings")
	c.says("We have sent you a link to confirm your address")
	seen, second := d.mail(t, edith.email, "confirm that the address is yours", seen)
	c.open(link(t, first))
	c.see("This link no longer works")
	c.open(link(t, second))
	c.see("Confirm your e-mail address")
	c.press("Confirm address")
	c.see("Address confirmed")

	c.open(d.provider("/account"))
	c.says("Confirmed")
	c.press("Add a second step")
	c.on("Choose a second step")
	c.press("E-mail code")
	c.see("Enter the code we sent")
	_, code := d.sent(t, "mail", edith.email, seen)
	c.code(code)
	c.on("My settings")
	c.says("Mailbox")
}

// token asks for an access token as an integration does.
func (d demonstration) token(t *testing.T, client, secret string) (status int, accessToken string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, d.provider("/token"), strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "scope": {"import"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(client, secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer.AccessToken
}

func TestR13ServiceUserIsNotLetInWhileTheIntegrationWorksOn(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	out := d.admin(t, "", "client", "add", "--tenant", "acme", "--type", "service", "--scopes", "import", "Nightly import")
	client, secret := regexp.MustCompile(`client id: (\S+)`).FindStringSubmatch(out), regexp.MustCompile(`shown once\): (\S+)`).FindStringSubmatch(out)
	if client == nil || secret == nil {
		t.Fatal(out)
	}
	c.enterAt(d, "Acme", robot)
	c.see("Not an account for people")
	if status, token := d.token(t, client[1], secret[1]); status != http.StatusOK || token == "" {
		t.Errorf("the integration gets %d", status)
	}
}

// forgets makes the sample application alone forget who is there.
func (c *chromium) forgets(d demonstration) {
	c.t.Helper()
	call(c, network.DeleteCookies, network.DeleteCookiesParams{Name: "sample_app", URL: d.app()})
	c.open(d.app())
	c.on("Sign in")
}

func TestR19WhoEntersAnotherTenantProvesWhoTheyAreAgain(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	there, here := d.person(t, "globex", "ida@globex.test"), d.person(t, "acme", "ida@acme.test")
	c.enterAt(d, "Globex", there)
	c.in()
	c.forgets(d)
	c.enterAt(d, "Acme", here) // asked for name and password, though somebody is signed in
	c.enrolApp()               // which Acme demands, and Globex does not
	c.in()
	for _, tenant := range []string{"Globex", "Acme"} { // both sessions live
		c.forgets(d)
		c.press("Sign in at " + tenant)
		c.in()
		if got := c.claim("tenant"); got != strings.ToLower(tenant) {
			t.Errorf("signed in at %s as one of %q", tenant, got)
		}
	}
}
