/* client.c - one request and its answer over the control socket.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static itp_status exchange(void *socket, const itp_places *places, const char *text, char **answer,
                           itp_error *err)
{
    const int wait = ITP_CLIENT_WAIT_MS, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket, places->control) != 0 || zmq_send(socket, text, strlen(text), 0) < 0)
        return itp_fail(err, ITP_EIO, "agent at %s: %s", places->control,
                        zmq_strerror(zmq_errno()));
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, socket, 0) < 0) {
        zmq_msg_close(&message);
        return itp_fail(err, ITP_ETIMEOUT, "agent at %s: no answer within %d s", places->control,
                        ITP_CLIENT_WAIT_MS / 1000);
    }
    *answer = strndup(zmq_msg_data(&message), zmq_msg_size(&message));
    zmq_msg_close(&message);
    return *answer ? ITP_OK : itp_fail(err, ITP_ENOMEM, "answer");
}

itp_status itp_client_say(const itp_places *places, const char *text, char **answer, itp_error *err)
{
    void *context = zmq_ctx_new();
    void *socket = context ? zmq_socket(context, ZMQ_REQ) : NULL;
    itp_status st = socket ? exchange(socket, places, text, answer, err)
                           : itp_fail(err, ITP_ERESOURCE, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
    if (socket) zmq_close(socket);
    if (context) zmq_ctx_term(context);
    return st;
}
