package inbox_test

import (
	"io"
	"log/slog"
	"net/http"
	"testing"

	"sallyport/cmd/sallyport/demo/inbox"
)

func FuzzGatewayNeverFailsItself(f *testing.F) {
	f.Add("application/json", []byte(`{"to":"+4791234512","text":"x"}`))
	f.Add("application/json;a=\xff", []byte("{\xff"))
	i, err := inbox.Open("http://localhost:8080", slog.New(slog.NewTextHandler(io.Discard, nil)), now)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { i.Close() })
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if got := post(i, i.Secret(), kind, string(body)); got >= 500 {
			t.Errorf("%q as %q: %d", body, kind, got)
		}
		get(t, i, "/", http.StatusOK)
	})
}
