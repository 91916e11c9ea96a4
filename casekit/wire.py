"""The line between JupyterLab's page and the kernels."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class Prompt(ZMQChannelsWebsocketConnection):
    """Send each message at once.

    每条消息立即发出。
    """

    async def connect(self):
        """Connect a page to its kernel.

        把页面连到它的内核。
        """
        # By default the system holds a small message back until the page has acknowledged the one before,
        # for up to 40 ms: the news that the kernel is busy would delay the very picture it is busy with.
        self.websocket_handler.set_nodelay(True)
        return await super().connect()
