package account_test

import (
	"testing"

	"sallyport/provider/account"
)

func TestBrowsersAreNamedShortly(t *testing.T) {
	t.Parallel()
	const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	cases := map[string]string{
		firefox: "Firefox (Linux)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chrome:                                     "Chrome (Windows)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chrome + " Edg/140.0.0.0":                  "Edge (Windows)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + chrome + " OPR/120.0":                "Opera (macOS)",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) SamsungBrowser/28.0 Chrome/130 Mobile Safari":  "Samsung Internet (Android)",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + chrome:                                      "Chrome (ChromeOS)",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1": "Safari (iPhone)",
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) CriOS/140.0 Mobile Safari/604.1":           "Chrome (iPad)",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) FxiOS/140.0 Safari/605.1.15":      "Firefox (iPhone)",
		"curl/8.5.0":        "curl",
		"Agent of my own":   "Agent",
		"":                  "",
		"Thing/1 (Linux 6)": "Thing (Linux)",
	}
	for agent, want := range cases {
		if got := account.Browser(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
