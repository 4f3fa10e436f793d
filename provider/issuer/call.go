package issuer

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/op"

	"sallyport/provider/client"
	"sallyport/storage/audit"
)

type callKey struct{}

// call is one direct request on its way through the library: who makes it, and the error it ended in. The
// library would log errors on its own and can set no header with them, so it never sees one.
type call struct {
	client.Client
	from audit.Origin
	err  error
}

// callOf fails closed: an endpoint that protocol does not stand before has no call, which is a defect and not
// a client without a name.
func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic("issuer: an endpoint was reached around the client's authentication")
	}
	return c
}

func (c *call) outcome(answer any, err error) (*op.Response, error) {
	if c.err = err; err != nil {
		answer = nil
	}
	return op.NewResponse(answer), nil
}

// muted keeps the library's empty answer back when the call ended in an error.
type muted struct {
	http.ResponseWriter
	call *call
}

func (m muted) WriteHeader(status int) {
	if m.call.err == nil {
		m.ResponseWriter.WriteHeader(status)
	}
}

func (m muted) Write(p []byte) (int, error) {
	if m.call.err != nil {
		return len(p), nil
	}
	return m.ResponseWriter.Write(p)
}
